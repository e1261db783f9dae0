"""Routes of coming in again without the password or the user name.

The mail's link opens on any device. Neither it nor the page that asks says whether the document has an account.
"""

from typing import Any

from flask import flash, request, session, url_for
from werkzeug.wrappers import Response

from portal.blueprints.auth.entering import known_browser
from portal.blueprints.recovery import bp
from portal.blueprints.recovery.forms import RecoveryForm
from portal.domain.identity import DocumentType, parse_identity
from portal.extensions import limiter
from portal.services.authentication import recovery
from portal.web import browser, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import shown_at, submit
from portal.web.identity_document import DocumentForm
from portal.web.limits import account_key, typed_document
from portal.web.turns import in_turn

_OWN = "recuperar"  # the cookie's name for what this browser asked for
_STAFF = "personal"  # the query's word for the account of somebody of the staff


def _went_on(response: Response) -> bool:
    return response.status_code == 303


def _typed_document() -> str:
    number = typed_document()
    return f"document:{number} {known_browser(number) or ''}"


def _visitor() -> str:
    return known_browser(request.form.get("numero_documento", "")) or account_key()


# As at sign-up: a mobile company's customers share few addresses. What one document bears is counted by the service.
_per_address = limiter.shared_limit("120/hour", scope="recovery", key_func=_visitor, deduct_when=_went_on)


@bp.get("/recuperar")
@allow(Who.ANYONE)
def start() -> Response:
    form = DocumentForm(tipo_documento=DocumentType.DNI.value)
    return htmx.render("recovery/document.html", form=form, account=_account())


@bp.post("/recuperar")
@allow(Who.ANYONE)
@_per_address
@limiter.limit("30/minute", key_func=_typed_document)
def ask() -> Response:
    form = DocumentForm()

    def done(token: str) -> Response:
        session[_OWN] = token
        return htmx.go(url_for("recovery.show", token=token))

    return submit(
        form,
        lambda: recovery.ask(
            parse_identity(form.tipo_documento.data, form.numero_documento.data or "", form.pais_documento.data or ""),
            actor(),
            is_staff=_account() is not None,
            token=session.get(_OWN),
        ),
        page=lambda: htmx.invalid("recovery/document.html", form, account=_account()),
        done=done,
    )


@bp.get("/recuperar/<token>")
@allow(Who.ANYONE)
def show(token: str) -> Response:
    """Where the code goes. Opening it changes nothing."""
    return htmx.render("recovery/password.html", form=RecoveryForm(), **_words(token))


@bp.post("/recuperar/<token>")
@allow(Who.ANYONE)
@limiter.limit("60/minute")
def complete(token: str) -> Response:
    form = RecoveryForm()

    def done(_: None) -> Response:
        session.pop(_OWN, None)
        browser.keep()  # it is known to the account from now on
        flash("Su contraseña nueva ya vale y cerramos las sesiones que estaban abiertas. Ingrese con ella.", "ok")
        return htmx.leave(url_for("auth.login"))

    return submit(
        form,
        lambda: in_turn(lambda: recovery.complete(token, form.codigo.data or "", form.nueva.data or "", actor())),
        page=lambda: htmx.invalid("recovery/password.html", form, **_words(token)),
        done=done,
    )


@bp.post("/recuperar/<token>/reenviar")
@allow(Who.ANYONE)
@_per_address
def resend(token: str) -> Response:
    form = RecoveryForm()

    def done(_: None) -> Response:
        flash("Pedimos otro código. El anterior ya no vale.", "ok")
        return htmx.go(url_for("recovery.show", token=token))

    return submit(
        form,
        lambda: recovery.resend(token, actor(), shown=shown_at()),
        page=lambda: htmx.invalid("recovery/password.html", form, **_words(token)),
        done=done,
        needs_shape=False,
    )


def _words(token: str) -> dict[str, Any]:
    return {"token": token, "is_over": recovery.is_over(token), "code": recovery.code(token)}


def _account() -> str | None:
    """Whose account is asked for: the query's word for the staff's, or None for a customer's."""
    return _STAFF if request.args.get("cuenta") == _STAFF else None
