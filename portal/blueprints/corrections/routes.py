"""/gestion/correcciones: what waits for a second person, and their word."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.corrections import bp
from portal.blueprints.corrections.forms import ConfirmForm
from portal.services.controls import four_eyes
from portal.services.desk import person_correction
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit, submitted
from portal.web.paging import LARGEST_KEY

_DATA = f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/datos"


@bp.get("/gestion/correcciones")
@allow(Who.STAFF)
def index() -> Response:
    """What waits for a second person, the oldest first."""
    return htmx.render("corrections/index.html", lines=person_correction.waiting(actor()))


@bp.post(f"{_DATA}/abrir")
@allow(Who.STAFF)
def look(account_id: int) -> Response:
    """From the list to what is proposed: recorded as a search is."""
    person_correction.look(account_id, actor())
    return htmx.go(url_for("corrections.show", account_id=account_id))


@bp.get(f"{_DATA}/confirmar")
@allow(Who.STAFF)
def show(account_id: int) -> Response:
    """What is proposed, for the second person."""
    proposed = person_correction.get(account_id, actor())
    form = ConfirmForm(formdata=None, propuesta=proposed.decision.id)
    return htmx.render("corrections/show.html", form=form, **_proposal(proposed))


@bp.post(f"{_DATA}/confirmar")
@allow(Who.STAFF)
def decide(account_id: int) -> Response:
    """The second person confirms it, or turns it down."""
    form, accepted = ConfirmForm(), submitted("confirmar")

    def done(_: None) -> Response:
        words = "Confirmado: los datos están corregidos y avisamos al cliente por correo."
        flash(words if accepted else "Rechazado: los datos siguen como estaban.", "ok")
        return htmx.go(url_for("customers.show", account_id=account_id))

    def again() -> Response:
        if not person_correction.is_waiting(account_id):  # pressed twice, or somebody else decided
            flash(form.form_errors[0], "warn")
            return htmx.go(url_for("customers.show", account_id=account_id))
        proposed = person_correction.get(account_id, actor())
        form.propuesta.data = proposed.decision.id
        return htmx.invalid("corrections/show.html", form, **_proposal(proposed))

    return submit(
        form,
        lambda: person_correction.decide(account_id, actor(), shown=form.propuesta.data, accepted=accepted),
        page=again,
        done=done,
        needs_shape=accepted,
    )


def _proposal(proposed: person_correction.Proposed) -> dict[str, Any]:
    return {
        "proposed": proposed,
        "customer": proposed.customer,
        "person": proposed.customer.person,
        "may_decide": four_eyes.may_decide(proposed.decision, actor()),
    }
