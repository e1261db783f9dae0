"""Routes of changing the address of one's account: the address and the password, a look at it, the code."""

from typing import Any

from flask import flash, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.profile import bp
from portal.blueprints.profile.forms import CodeForm, EmailForm
from portal.extensions import limiter
from portal.services.accounts import email_change
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, shown_at, submit
from portal.web.limits import MAIL_LIMIT, account_key, mails_of_a_mailbox
from portal.web.turns import in_turn

_TRIES_LIMIT = "60/minute"


def _waiting_address() -> str:
    found = email_change.pending(actor())
    return found.address if found else ""


@bp.get("/perfil/correo")
@allow(Who.CUSTOMER)
def change_email() -> Response:
    """The form, or what a change that waits asks for next."""
    found = email_change.pending(actor())
    form = EmailForm() if found is None else CodeForm()
    return htmx.render("profile/email.html", form=form, **_words(found))


@bp.post("/perfil/correo")
@allow(Who.CUSTOMER)
@limiter.limit(_TRIES_LIMIT, key_func=account_key)
@drafts.keeps(EmailForm, page="profile.change_email")
def ask_email() -> Response:
    form = EmailForm()
    return submit(
        form,
        lambda: in_turn(lambda: email_change.ask(form.correo.data or "", form.actual.data or "", actor())),
        page=lambda: htmx.invalid("profile/email.html", form, **_words(None)),
        done=_go_on,
    )


@bp.post("/perfil/correo/sugerencia")
@allow(Who.CUSTOMER)
def take_suggestion() -> Response:
    form = Form()
    return submit(form, lambda: email_change.take_suggestion(actor()), page=lambda: _again(form), done=_go_on)


@bp.post("/perfil/correo/codigo")
@allow(Who.CUSTOMER)
@limiter.limit(MAIL_LIMIT, key_func=account_key)
@mails_of_a_mailbox(_waiting_address)
def send_email_code() -> Response:
    form = CodeForm()

    def done(_: None) -> Response:
        flash("Pedimos un código para su correo nuevo. Si había otro, ya no vale.", "ok")
        return _go_on(None)

    return submit(
        form,
        lambda: email_change.send_code(actor(), shown=shown_at()),
        page=lambda: _again(form),
        done=done,
        needs_shape=False,
    )


@bp.post("/perfil/correo/confirmar")
@allow(Who.CUSTOMER)
@limiter.limit(_TRIES_LIMIT, key_func=account_key)
def confirm_email() -> Response:
    form = CodeForm()

    def done(address: str) -> Response:
        flash(f"El correo de su cuenta ahora es {address}. Avisamos también al anterior.", "ok")
        return htmx.go(url_for("profile.show"))

    return submit(
        form,
        lambda: email_change.confirm(form.codigo.data or "", actor()),
        page=lambda: _again(form),
        done=done,
    )


@bp.post("/perfil/correo/cancelar")
@allow(Who.CUSTOMER)
def cancel_email() -> Response:
    form = Form()

    def done(_: None) -> Response:
        flash("El correo de su cuenta sigue siendo el mismo.", "ok")
        return htmx.go(url_for("profile.show"))

    return submit(form, lambda: email_change.cancel(actor()), page=lambda: _again(form), done=done)


def _go_on(_: None) -> Response:
    return htmx.go(url_for("profile.change_email"))


def _again(form: Form) -> Response:
    found = email_change.pending(actor())
    if found is None:
        return _go_on(None)
    return htmx.invalid("profile/email.html", form, **_words(found))


def _words(found: email_change.Pending | None) -> dict[str, Any]:
    return {"pending": found, "email": current_user.email}
