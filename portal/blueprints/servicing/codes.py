"""The code that carries a change of a policy out, typed: passed, or another one mailed."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import flash
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.servicing.forms import CodeForm
from portal.domain.actor import Actor
from portal.models import PolicyChange
from portal.services.authentication.authorisation_codes import Authorisation
from portal.web import htmx
from portal.web.actor import actor
from portal.web.forms import shown_at, submit, submitted

Done = TypeVar("Done")


def answer(
    change: PolicyChange,
    code: Authorisation[PolicyChange],
    confirm: Callable[[str, str, Actor], Done],
    *,
    page: str,
    words: Callable[[], Mapping[str, Any]],
    sent: tuple[str, str],
    done: Callable[[Done], Response],
) -> Response:
    """What follows from the page where it is typed: `confirm` passes it, and `done` says what came of it. Asked for
    another, it is mailed: `sent` is what is said then, and the address of the page. `page` is shown again, with
    `words`, where the code is not right."""
    form, key = CodeForm(), change.public_id

    def again() -> Response:
        return htmx.invalid(page, form, **words())

    if submitted("enviar"):

        def mailed(_: None) -> Response:
            flash(sent[0], "ok")
            return htmx.go(sent[1])

        return submit(form, lambda: code.send(key, actor(), shown=shown_at()), page=again, done=mailed)
    return submit(form, lambda: confirm(key, form.codigo.data or "", actor()), page=again, done=done)


def sent_to_holder(back: str) -> tuple[str, str]:
    """What is said of another code to whoever gets it, and the address of the page where it is typed."""
    return f"Enviamos otro código a {current_user.email}.", back
