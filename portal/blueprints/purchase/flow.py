"""The walk: which steps a purchase has, which are done, and where a person may stand.

No current step is stored. A step asks the purchase alone, and only its `save` changes anything: going back and
editing stay right, and any device continues. A new step is its file in steps/ and its name in FLOW.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

from flask import abort, url_for

from portal.domain.actor import Actor
from portal.services.sale.purchasing import Purchase
from portal.web.forms import Form

F = TypeVar("F", bound=Form)


class Step(Generic[F]):
    """One page of the wizard."""

    slug: ClassVar[str]
    title: ClassVar[str]
    template: ClassVar[str]

    def is_applicable(self, purchase: Purchase) -> bool:
        """Whether this purchase has the step at all."""
        return True

    def is_complete(self, purchase: Purchase) -> bool:
        """Whether its answers are there and still count."""
        raise NotImplementedError

    def reason(self, purchase: Purchase) -> str | None:
        """Why somebody who was further on stands here again, in words; None when it is simply their turn.

        Asked only while the step is not complete.
        """
        return None

    def form(self, purchase: Purchase) -> F:
        """The form, filled with what is known."""
        raise NotImplementedError

    def needs_shape(self, form: F) -> bool:
        """Whether the form's own checks apply to the button that was pressed."""
        return True

    def words(self, purchase: Purchase, form: F) -> dict[str, Any]:
        """What the template needs besides the purchase and the form."""
        return {}

    def save(self, purchase: Purchase, form: F, actor: Actor) -> str | None:
        """Keep the answer through a service. The address to go to, or None for the next step.

        Raises DomainError with the field at fault.
        """
        raise NotImplementedError


class Walk:
    """One purchase's way through the steps it has. Which are complete is asked once, as the answers now stand."""

    def __init__(self, steps: Sequence[Step[Any]], purchase: Purchase) -> None:
        self._purchase = purchase
        self._steps = [step for step in steps if step.is_applicable(purchase)]
        self._complete = [step.is_complete(purchase) for step in self._steps]

    @property
    def current(self) -> Step[Any]:
        """The first step that is not complete; the last one when all are."""
        return self._steps[self._open_at]

    def find(self, slug: str) -> Step[Any]:
        """The applicable step of that name, or 404."""
        found = next((step for step in self._steps if step.slug == slug), None)
        return found or abort(404)

    def may_stand(self, step: Step[Any]) -> bool:
        """A step may be seen once everything before it is complete."""
        return self._steps.index(step) <= self._open_at

    def reason(self, step: Step[Any]) -> str | None:
        """Why somebody stands at the step again, when they do."""
        return None if self._complete[self._steps.index(step)] else step.reason(self._purchase)

    def after(self, step: Step[Any]) -> Step[Any]:
        """The step that follows, or the one that now needs an answer again."""
        following = self._steps[min(self._steps.index(step) + 1, len(self._steps) - 1)]
        return following if self.may_stand(following) else self.current

    def progress(self, step: Step[Any]) -> tuple[list[dict[str, str | None]], int]:
        """The steps as the progress bar takes them, and the number (from 1) of the present one."""
        items = [
            {"title": one.title, "url": address(self._purchase, one) if is_complete else None}
            for one, is_complete in zip(self._steps, self._complete, strict=True)
        ]
        return items, self._steps.index(step) + 1

    @property
    def _open_at(self) -> int:
        return self._complete.index(False) if False in self._complete else len(self._steps) - 1


def address(purchase: Purchase, step: Step[Any], **query: Any) -> str:
    """Where the step is."""
    return url_for("purchase.show_step", public_id=purchase.public_id, slug=step.slug, **query)
