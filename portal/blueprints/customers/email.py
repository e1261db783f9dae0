"""/gestion/clientes/…/correo: the address of a customer's account, corrected with the document in hand."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.customers import bp
from portal.blueprints.customers.forms import EmailForm
from portal.domain.identity import suggested_email
from portal.extensions import limiter
from portal.services.desk import customers, email_correction
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit, submitted
from portal.web.limits import was_refused
from portal.web.paging import LARGEST_KEY

_TRIES_LIMIT = "10/hour"  # more than anybody's slips, too few to try birth dates


def _customer_key() -> str:
    """Counts by customer: several of the staff share the tries at one person."""
    return f"customer:{(request.view_args or {})['account_id']}"


@bp.get(f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/correo")
@allow(Who.STAFF)
def edit_email(account_id: int) -> Response:
    """The form."""
    customer = email_correction.open_customer(account_id, actor())
    form = EmailForm(formdata=None, antes=customer.account.email)
    return htmx.render("customers/email.html", form=form, **_words(customer))


@bp.post(f"/gestion/clientes/<int(max={LARGEST_KEY}):account_id>/correo")
@allow(Who.STAFF)
@limiter.limit(_TRIES_LIMIT, key_func=_customer_key, deduct_when=was_refused)
@drafts.keeps(EmailForm, page="customers.edit_email")
def correct_email(account_id: int) -> Response:
    """Correct it: the person can recover the password from now on."""
    customer = email_correction.open_customer(account_id, actor())
    form = EmailForm()
    typed = form.correo.data or ""
    meant = suggested_email(typed)
    if meant and submitted("sugerido"):
        typed = meant

    def done(address: str) -> Response:
        flash(
            f"El correo de la cuenta es {address}. "
            "La contraseña de la persona ya no vale: ella elige otra con «¿Olvidó su contraseña?», desde su celular.",
            "ok",
        )
        return htmx.go(url_for("customers.show", account_id=account_id))

    def again() -> Response:
        form.otro_codigo.data = ""  # changes every 30 seconds
        return htmx.invalid("customers/email.html", form, **_words(customer, meant))

    return submit(
        form,
        lambda: email_correction.correct(
            account_id,
            typed,
            form.nacimiento.given,
            email_correction.Confirmer(form.otro_usuario.data or "", form.otro_codigo.data or ""),
            actor(),
            shown=form.antes.data or "",
            is_sure=submitted("escrito"),
        ),
        page=again,
        done=done,
    )


def _words(customer: customers.Customer, suggestion: str | None = None) -> dict[str, Any]:
    return {"customer": customer, "person": customer.person, "suggestion": suggestion}
