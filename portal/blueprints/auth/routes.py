"""Routes of signing in: the login page, logging out, and the change that a first login asks for."""

from typing import Any

from flask import flash, request, url_for
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from portal.blueprints.auth import bp
from portal.blueprints.auth.entering import after_login, known_browser, next_page, remember
from portal.blueprints.auth.forms import FirstPasswordForm, LoginForm
from portal.extensions import limiter
from portal.services.authentication import signing_in
from portal.services.authentication.sessions import SignedIn
from portal.services.catalogue import offers
from portal.web import htmx, typed_here
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit
from portal.web.limits import account_key
from portal.web.turns import in_turn


def _typed_user() -> str:
    named = request.form.get("usuario", "").strip().lower()[:80] or "-"  # a limit needs a key
    return f"{named} {known_browser(named) or ''}"


def _visitor() -> str:
    return known_browser(request.form.get("usuario", "")) or account_key()


@bp.get("/ingresar")
@allow(Who.ANYONE)
def login() -> Response:
    if current_user.is_authenticated:
        return htmx.go(after_login(current_user))
    return htmx.render("auth/login.html", form=LoginForm(), **_front())


# A mobile company's customers share few addresses, so an address may try often; what one account bears is counted
# by the service. The second limit holds for names that exist and for those that don't. A browser in which that person
# came in before counts for itself.
@bp.post("/ingresar")
@allow(Who.ANYONE)
@limiter.limit("120/minute", key_func=_visitor)
@limiter.limit("30/minute", key_func=_typed_user)
def enter() -> Response:
    form = LoginForm()
    old = current_user.get_id() if current_user.is_authenticated else None

    def done(signed_in: SignedIn) -> Response:
        remember(signed_in)
        return htmx.leave(after_login(signed_in))

    return submit(
        form,
        lambda: in_turn(
            lambda: signing_in.sign_in(form.usuario.data or "", form.clave.data or "", actor(), replacing=old)
        ),
        page=lambda: htmx.invalid("auth/login.html", form, **_front()),
        done=done,
    )


@bp.post("/salir")
@allow(Who.CHANGING_PASSWORD)
def logout() -> Response:
    signing_in.sign_out(current_user.get_id(), actor())
    logout_user()
    typed_here.clear_session()
    flash("Usted salió de su cuenta.", "ok")
    return htmx.leave(url_for("auth.login"))


@bp.get("/.well-known/change-password")
@allow(Who.ANYONE)
def well_known_change() -> Response:
    """Where a manager of passwords leads for another one (W3C, A Well-Known URL for Changing Passwords)."""
    return htmx.go(url_for("profile.change_password"))


@bp.get("/cambiar-clave")
@allow(Who.CHANGING_PASSWORD)
def change_password() -> Response:
    if not current_user.must_change_password:
        return htmx.go(url_for("profile.change_password"))
    return htmx.render("auth/change_password.html", form=FirstPasswordForm(), next=next_page())


@bp.post("/cambiar-clave")
@allow(Who.CHANGING_PASSWORD)
@limiter.limit("60/minute")
def save_password() -> Response:
    if not current_user.must_change_password:
        return htmx.go(url_for("profile.change_password"))
    form = FirstPasswordForm()

    def done(signed_in: SignedIn) -> Response:
        remember(signed_in)
        flash("Su contraseña nueva ya vale.", "ok")
        return htmx.leave(after_login(signed_in))

    return submit(
        form,
        lambda: in_turn(
            lambda: signing_in.change_password(form.nueva.data or "", actor(), replacing=current_user.get_id())
        ),
        page=lambda: htmx.invalid("auth/change_password.html", form, next=next_page()),
        done=done,
    )


def _front() -> dict[str, Any]:
    """What the page says beside the form: the lowest premium on sale."""
    totals = [plan.total for offer in offers.offers() for plan in offer.product.plans]
    return {"lowest": min(totals, default=None), "next": next_page()}
