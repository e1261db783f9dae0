"""The clock of a claim, by its regime: asked from what happened to it, and kept on its row for lists and counts.

The rule is `portal/domain/claim_clock.py`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from sqlalchemy import select

from portal.domain import clock
from portal.domain.claim import ClaimEventKind, ClaimState
from portal.domain.claim_clock import ClaimClock, Course, Standing, Turn, TurnKind
from portal.extensions import db
from portal.models import Claim, ClaimEvent
from portal.services.catalogue.working_calendar import working_calendar
from portal.services.claims import coverage as terms

_TURNS = {ClaimEventKind.COMPLETE: TurnKind.COMPLETE, ClaimEventKind.INCOMPLETE: TurnKind.OBSERVED}
_STOPPED = (ClaimState.DRAFT, ClaimState.DISCARDED, ClaimState.WITHDRAWN)


class Happened(Protocol):
    """An event of a claim, as far as its clock asks."""

    @property
    def kind(self) -> ClaimEventKind | None:
        """What happened."""

    @property
    def at(self) -> datetime:
        """When."""


def keep(claim: Claim) -> None:
    """Say anew until when MASSIV must do what is next, in the present transaction. Every use case that moves a claim,
    or what it waits for, calls it once all else is done."""
    db.session.flush()
    claim.due_at = None if claim.state in _STOPPED else standing(claim).due_at


def standing(claim: Claim, events: Iterable[Happened] | None = None) -> Standing:
    """Who acts now, and until when. `events`: those of the claim, where they were read already."""
    product = terms.product_of(claim)
    rule = ClaimClock(product.claim_regime, product.limits.claims, working_calendar())
    return rule.standing(_course(claim, _events(claim) if events is None else events), clock.now())


def _course(claim: Claim, events: Iterable[Happened]) -> Course:
    return Course(
        turns=tuple(Turn(_TURNS[one.kind], one.at) for one in events if one.kind in _TURNS),
        decided_at=claim.decided_at,
        is_approved=claim.state in (ClaimState.APPROVED, ClaimState.PAID),
        paid_at=claim.paid_at,
    )


def _events(claim: Claim) -> Iterable[Happened]:
    query = select(ClaimEvent).where(ClaimEvent.claim_id == claim.id, ClaimEvent.kind.in_(_TURNS))
    return db.session.scalars(query.order_by(ClaimEvent.id)).all()
