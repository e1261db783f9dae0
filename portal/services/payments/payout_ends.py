"""What follows from a payout's end is known to the wing that owed the money: it says so here, and is asked in the
commit that ends the payout. Payments know nothing of claims."""

from typing import Protocol

from flask import Flask, current_app

from portal.domain.actor import Actor
from portal.integrations.bank import Approved
from portal.models import Payout

_KEY = "payout_ends"


class PayoutEnds(Protocol):
    """Each runs in the present transaction."""

    def hold(self, payout: Payout) -> None:
        """Lock what the payout pays, before the payout itself is."""

    def paid(self, payout: Payout, actor: Actor) -> None:
        """The person has the money."""

    def not_paid(self, payout: Payout, actor: Actor) -> None:
        """The bank refused it, or nobody collected it: the money is still owed."""

    def paid_after_the_end(self, payout: Payout, approval: Approved) -> bool:
        """The bank made one that had ended as not paid. Whether it ends as paid now: nothing else pays the same."""

    def not_handed_over(self, payout: Payout, actor: Actor) -> None:
        """Whoever said that they had handed over its cash had not."""


def follow(app: Flask, ends: PayoutEnds) -> None:
    """Whoever owes what payouts pay; one for an application."""
    app.extensions[_KEY] = ends


def of(payout: Payout) -> PayoutEnds | None:
    """Who is told of this payout's end; None for one that pays nothing of a claim. Raises KeyError when nobody owns up
    to what it pays."""
    if payout.award_id is None:
        return None
    found: PayoutEnds = current_app.extensions[_KEY]
    return found
