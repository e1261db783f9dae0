"""The code that carries a change of a policy out, typed: passed, or another one mailed."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import flash
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.servicing.forms import CodeForm
from portal.blueprints.servicing.place import Place
from portal.domain.actor import Actor
from portal.models import PolicyChange
from portal.services.authentication.authorisation_codes import Authorisation
from portal.web import htmx
from portal.web.actor import actor
from portal.web.forms import shown_at, submit, submitted

Done = TypeVar("Done")


def answer(
    place: Place,
    change: PolicyChange,
    code: Authorisation[PolicyChange],
    confirm: Callable[[str, str, Actor], Done],
    *,
    view: str,
    words: Callable[[], Mapping[str, Any]],
    done: Callable[[Done], Response],
) -> Response:
    """What follows from the page where it is typed, `view`: `confirm` passes it, and `done` says what came of it; or
    another one is mailed. Its template, of the same name, is shown again with `words` where the code is not right."""
    form, key = CodeForm(), change.public_id

    def again() -> Response:
        return htmx.invalid(f"servicing/{view}.html", form, **words())

    if submitted("enviar"):

        def mailed(_: None) -> Response:
            to = "al correo del cliente" if place.at_desk else f"a {current_user.email}"
            flash(f"Enviamos otro código {to}.", "ok")
            return htmx.go(place.to(view))

        return submit(form, lambda: code.send(key, actor(), shown=shown_at()), page=again, done=mailed)
    return submit(form, lambda: confirm(key, form.codigo.data or "", actor()), page=again, done=done)


def show_anew(place: Place, figures: str) -> Response:
    """What the code was mailed for is not so any more: back to the `figures`."""
    look = "Muéstresela otra vez al cliente" if place.at_desk else "Revísela"
    flash(f"Mientras tanto cambió la cuenta. {look}: todavía no cambió nada en la póliza.", "warn")
    return htmx.go(figures)
