"""Routes of "Mi Perfil" (S41): one's own data, how one is reached, commercial mail, and changing the password."""

from typing import Any

from flask import flash, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.auth.entering import remember
from portal.blueprints.auth.forms import PasswordForm
from portal.blueprints.profile import bp
from portal.blueprints.profile.forms import ContactForm, MarketingForm
from portal.domain import ubigeo
from portal.extensions import limiter
from portal.services.accounts import consents, contact_details, profile
from portal.services.authentication import second_step, signing_in
from portal.services.authentication.sessions import SignedIn
from portal.services.catalogue.offers import texts
from portal.web import drafts, htmx
from portal.web import ubigeo as ubigeo_fields
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit, submitted
from portal.web.turns import in_turn


@bp.get("/perfil")
@allow(Who.SIGNED_IN)
def show() -> Response:
    return htmx.render("profile/show.html", **_words(MarketingForm()))


@bp.get("/perfil/contacto")
@allow(Who.CUSTOMER)
def edit_contact() -> Response:
    person = current_user.person
    known = {"celular": person.phone, "direccion": person.address} | ubigeo_fields.chosen_by(person.ubigeo)
    return htmx.render("profile/contact.html", form=ContactForm(data=known))


@bp.post("/perfil/contacto")
@allow(Who.CUSTOMER)
@drafts.keeps(ContactForm, page="profile.edit_contact")
def save_contact() -> Response:
    form = ContactForm()
    if submitted("ver"):  # without JavaScript the lists of places come by a button
        return htmx.render("profile/contact.html", form=form)

    def done(_: None) -> Response:
        flash("Guardamos sus datos. Sus cotizaciones y pólizas siguen con los que ya tenían.", "ok")
        return htmx.go(url_for("profile.show"))

    return submit(
        form,
        lambda: contact_details.correct(form.contact(), actor()),
        page=lambda: htmx.invalid("profile/contact.html", form),
        done=done,
    )


@bp.post("/perfil/comunicaciones-comerciales/autorizar")
@allow(Who.CUSTOMER)
def allow_marketing() -> Response:
    form = MarketingForm()

    def done(_: None) -> Response:
        flash("Usted nos autorizó a enviarle comunicaciones comerciales.", "ok")
        return htmx.go(url_for("profile.show"))

    return submit(
        form,
        lambda: consents.allow_marketing(actor(), shown=form.texto.data or ""),
        page=lambda: htmx.invalid("profile/show.html", **_words(form)),
        done=done,
    )


@bp.post("/perfil/comunicaciones-comerciales/retirar")
@allow(Who.CUSTOMER)
def withdraw_marketing() -> Response:
    form = MarketingForm()

    def done(_: None) -> Response:
        flash("Retiramos su permiso. Desde ahora no le enviamos comunicaciones comerciales.", "ok")
        return htmx.go(url_for("profile.show"))

    return submit(
        form,
        lambda: consents.withdraw_marketing(actor()),
        page=lambda: htmx.invalid("profile/show.html", **_words(form)),
        done=done,
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
        lambda: in_turn(
            lambda: signing_in.change_password(
                form.nueva.data or "", actor(), current=form.actual.data or "", replacing=current_user.get_id()
            )
        ),
        page=lambda: htmx.invalid("profile/password.html", form),
        done=done,
    )


@bp.post("/perfil/teclas/<any(encender, apagar):verb>")
@allow(Who.STAFF)
def switch_keys(verb: str) -> Response:
    """Work the desk by single keys, or not: the page is sent whole, since its body says which."""
    is_on = verb == "encender"

    def done(_: None) -> Response:
        flash(f"Las teclas de una letra quedaron {'encendidas' if is_on else 'apagadas'}.", "ok")
        return htmx.leave(url_for("profile.show"))

    return submit(
        Form(),
        lambda: profile.switch_keys(actor(), on=is_on),
        page=lambda: htmx.leave(url_for("profile.show")),
        done=done,
    )


def _words(form: MarketingForm) -> dict[str, Any]:
    """What the profile's page says. Whatever was posted, its form carries the words that it shows now."""
    found = profile.of(actor())
    person, text = found.account.person, texts()[consents.MARKETING]
    form.texto.data = text.sha256
    return {
        "form": form,
        "account": found.account,
        "person": person,
        "place": ubigeo.full_name(person.ubigeo) if person.ubigeo else "",
        "marketing": found.marketing,
        "marketing_text": text,
        "standing": None if current_user.is_customer else second_step.standing(actor()),
    }
