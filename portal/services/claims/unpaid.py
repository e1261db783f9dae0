"""What of approved claims has no way to be paid: the bank refused it, nobody collected it, or it was never chosen. The
desk reaches the person; they choose, or it is entered for them. Source: docs/rules.md, Money out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import Noun
from portal.domain.claim import ClaimState
from portal.domain.payout import PAID_NOTHING, PayoutState, refusal_words
from portal.extensions import db
from portal.models import Claim, ClaimAward, ClaimParty, ClaimResolution, Payout
from portal.services.claims import paying
from portal.services.platform import paging
from portal.services.platform.pending import Pending

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])

REFUSED = Noun("pago de siniestro devuelto", "pagos de siniestros devueltos")


@dataclass(frozen=True, slots=True)
class Unpaid:
    """Money that somebody is owed. `id`: the award's. `payout`: the last that did not arrive, None when none was
    tried."""

    id: int
    claim: Claim
    party: ClaimParty
    award: ClaimAward
    payout: Payout | None

    @property
    def until(self) -> date | None:
        """The last day on which it would still be paid in time."""
        due_at = self.claim.due_at
        return clock.lima(due_at - timedelta(seconds=1)).date() if due_at else None

    @property
    def why(self) -> str:
        """What happened, in words for the desk."""
        if self.payout is None:
            return "La persona todavía no eligió cómo cobra."
        if self.payout.state is PayoutState.EXPIRED:
            return "Nadie lo cobró en la agencia a tiempo."
        return refusal_words(self.payout.reason)


def lines(_actor: Actor, *, before: int | None = None, limit: int) -> Sequence[Unpaid]:
    """The newest first, older than the line `before`. One query."""
    found = db.session.execute(
        paging.newest(_owed(select(ClaimAward, Claim, Payout)), ClaimAward.id, before=before, limit=limit)
    )
    return [Unpaid(award.id, claim, award.party, award, payout) for award, claim, payout in found]


def pending(_actor: Actor) -> Pending:
    """How many came back and have no other way yet, and since when."""
    query = _owed(select(func.count(), func.min(Payout.resolved_at)).select_from(ClaimAward))
    return query.where(Payout.id.is_not(None))


def _owed(query: Query) -> Query:
    """What of the awards is owed and has no payout that stands, each with its claim and its newest payout."""
    newer = aliased(Payout)
    is_newest = ~select(newer.id).where(newer.award_id == Payout.award_id, newer.id > Payout.id).exists()
    stands = select(Payout.id).where(Payout.award_id == ClaimAward.id, Payout.state.not_in(PAID_NOTHING))
    # First, and looked up one by one: joined, every answer and payout that there ever was would be read.
    unpaid = (
        select(ClaimAward.id)
        .where(
            ClaimAward.amount > paying.NOTHING,
            ClaimAward.paid_at.is_(None),
            stands.correlate(ClaimAward).scalar_subquery().is_(None),
        )
        .cte("unpaid")
        .prefix_with("MATERIALIZED")
    )
    return (
        query.join(unpaid, unpaid.c.id == ClaimAward.id)
        .join(ClaimResolution, ClaimResolution.id == ClaimAward.resolution_id)
        .join(Claim, Claim.id == ClaimResolution.claim_id)
        .outerjoin(Payout, (Payout.award_id == ClaimAward.id) & is_newest)
        .where(Claim.state == ClaimState.APPROVED, ClaimResolution.confirmed_at.is_not(None))
    )
