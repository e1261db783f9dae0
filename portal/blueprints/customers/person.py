"""/gestion/clientes/…/datos: a customer's name, birth date and document, proposed as the document in hand says."""

from collections.abc import Sequence
from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.customers import bp
from portal.blueprints.customers.forms import PersonForm
from portal.domain import formats
from portal.services.desk import customers, person_correction
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit, submitted
from portal.web.paging import LARGEST_KEY

_DATA = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/datos"


@bp.get(_DATA)
@allow(Who.STAFF)
def edit_person(account_id: int) -> Response:
    """The form, with what is known."""
    customer = person_correction.open_customer(account_id, actor())
    person = customer.person
    form = PersonForm(
        formdata=None,
        tipo_documento=person.document_type.value,
        pais_documento=person.country,
        numero_documento=person.document_number,
        nombres=person.names,
        apellido_paterno=person.paternal_surname,
        apellido_materno=person.maternal_surname,
        fecha_nacimiento=formats.day(person.birth_date),
    )
    return htmx.render("customers/person.html", form=form, **_words(customer))


@bp.post(_DATA)
@allow(Who.STAFF)
@drafts.keeps(PersonForm, page="customers.edit_person")
def correct_person(account_id: int) -> Response:
    """The first person: what the document says. What it would break is said before it is proposed."""
    customer = person_correction.open_customer(account_id, actor())
    form = PersonForm()
    if not (submitted("proponer") or drafts.is_stale()):
        broken: Sequence[str] = ()
        if form.validate():
            broken = person_correction.consequences_of(account_id, form.said(), actor())
            return htmx.render("customers/person.html", form=form, **_words(customer, broken, is_checked=True))
        return htmx.invalid("customers/person.html", form, **_words(customer))

    def done(_: None) -> Response:
        flash("Lo anotamos. Falta que otra persona mire el documento y confirme; mientras tanto nada cambia.", "ok")
        return htmx.go(url_for("customers.show", account_id=account_id))

    return submit(
        form,
        lambda: person_correction.propose(account_id, form.said(), actor()),
        page=lambda: htmx.invalid("customers/person.html", form, **_words(customer)),
        done=done,
    )


def _words(customer: customers.Customer, broken: Sequence[str] = (), *, is_checked: bool = False) -> dict[str, Any]:
    return {
        "customer": customer,
        "person": customer.person,
        "is_waiting": person_correction.is_waiting(customer.account.id),
        "consequences": broken,
        "is_checked": is_checked,
    }
