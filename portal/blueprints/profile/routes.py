"""Routes of "Mi Perfil" (S41): one's own data, and changing the password."""

from flask import flash, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.auth.entering import remember
from portal.blueprints.auth.forms import PasswordForm
from portal.blueprints.profile import bp
from portal.domain import ubigeo
from portal.extensions import limiter
from portal.services import accounts, second_step
from portal.services.sessions import SignedIn
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import submit


@bp.get("/perfil")
@allow(Who.SIGNED_IN)
def show() -> Response:
    found = accounts.profile(actor())
    person = found.account.person
    place = ubigeo.full_name(person.ubigeo) if person.ubigeo else ""
    return htmx.render(
        "profile/show.html",
        account=found.account,
        person=person,
        place=place,
        marketing=found.marketing,
        standing=None if current_user.is_customer else second_step.standing(actor()),
    )


@bp.get("/perfil/clave")
@allow(Who.SIGNED_IN)
def change_password() -> Response:
    return htmx.render("profile/password.html", form=PasswordForm())


@bp.post("/perfil/clave")
@allow(Who.SIGNED_IN)
@limiter.limit("60/minute")
def save_password() -> Response:
    form = PasswordForm()

    def done(signed_in: SignedIn) -> Response:
        remember(signed_in)
        flash("Cambiamos su contraseña y cerramos sus otras sesiones. Le escribimos para que quede constancia.", "ok")
        return htmx.leave(url_for("profile.show"))

    return submit(
        form,
        lambda: accounts.change_password(
            form.nueva.data or "", actor(), current=form.actual.data or "", replacing=current_user.get_id()
        ),
        page=lambda: htmx.invalid("profile/password.html", form),
        done=done,
    )
