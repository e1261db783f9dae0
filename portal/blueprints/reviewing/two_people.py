"""What every page of money without outcome does: one person writes down what they found out, a supervisor who is
somebody else answers."""

from collections.abc import Callable
from typing import Any, Protocol

from flask import flash
from werkzeug.wrappers import Response

from portal.blueprints.reviewing.forms import DecisionForm
from portal.domain.actor import Actor
from portal.models import Decision
from portal.services.controls import four_eyes
from portal.web import htmx
from portal.web.actor import actor
from portal.web.forms import Form, submit, submitted


class Found(Protocol):
    """What waits, and what is proposed about it."""

    @property
    def proposal(self) -> Decision | None: ...


class Decides(Protocol):
    """The use case that ends one."""

    def decide(self, number: str, actor: Actor, *, shown: int | None, accepted: bool) -> None: ...


def proposed(form: Form, use_case: Callable[[], None], *, here: str, again: Callable[[], Response]) -> Response:
    """Write down what was found out; `here` is the page, `again` the same with what was wrong."""

    def done(_: None) -> Response:
        flash("Lo anotamos. Falta que lo confirme un supervisor que no sea usted; mientras tanto nada cambia.", "ok")
        return htmx.go(here)

    return submit(form, use_case, page=again, done=done)


def decided(
    form: Form, service: Decides, number: str, *, here: str, again: Callable[[], Response], told: tuple[str, str]
) -> Response:
    """Confirm what another person proposed, or turn it down; `told`: the words for each."""
    accepted = submitted("confirmar")

    def done(_: None) -> Response:
        flash(told[0] if accepted else told[1], "ok")
        return htmx.go(here)

    return submit(
        form,
        lambda: service.decide(number, actor(), shown=DecisionForm().propuesta.data, accepted=accepted),
        page=again,
        done=done,
        needs_shape=False,
    )


def words(found: Found, form: Form) -> dict[str, Any]:
    """What each of these pages is given."""
    return {
        "review": found,
        "may_decide": found.proposal is not None and four_eyes.may_decide(found.proposal, actor()),
        "form": form,
        # As it is proposed now, whatever was posted.
        "decision": DecisionForm(formdata=None, propuesta=found.proposal.id if found.proposal else None),
    }
