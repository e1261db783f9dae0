"""Claims in lists: the owner's own (S40), those of a policy, and what waits for somebody."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from portal.domain.actor import Actor
from portal.domain.claim import OPEN_CLAIMS, ClaimState, PaperState
from portal.extensions import db
from portal.models import Claim, ClaimPaper, ClaimParty, Policy
from portal.services.catalogue import offers
from portal.services.claims import claim as rows
from portal.services.claims import coverage as terms
from portal.services.claims import papers, parties
from portal.services.platform import paging

_LINES = (
    select(
        Claim.id,
        Claim.number,
        Claim.story,
        Claim.state,
        Claim.event_date,
        Claim.registered_at,
        Claim.coverage_code,
        Policy.product_version_id,
    )
    .join(Policy, Policy.id == Claim.policy_id)
    .where(Claim.number.is_not(None))
)
_ASKED = (PaperState.PENDING, PaperState.OBSERVED)
_SHORT = 60  # letters of a description


@dataclass(frozen=True, slots=True)
class OwnClaim:
    """A claim in a list."""

    id: int
    number: str
    description: str
    state: ClaimState
    event_date: date | None
    registered_at: datetime
    coverage: str


def lines(actor: Actor, *, policy: str | None = None, before: int | None = None, limit: int) -> list[OwnClaim]:
    """The claims that the actor sees, of one policy or all, older than the line `before`, the newest first. One
    query."""
    seen = _own(actor, policy) if policy is not None else rows.seen_newest(actor, before=before, limit=limit)
    query = paging.newest(_LINES.where(Claim.id.in_(seen)), Claim.id, before=before, limit=limit)
    return [_line(row) for row in db.session.execute(query)]


def open_of(policy: Policy) -> Sequence[Claim]:
    """Those that were sent and have not ended: while there is one the policy is not changed."""
    query = select(Claim).where(Claim.policy_id == policy.id, Claim.state.in_(OPEN_CLAIMS))
    return db.session.scalars(query.order_by(Claim.id)).all()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claim in which its reader acts next. `missing`: how many papers it asks them for; none where it asks how they
    want to be paid."""

    id: int
    number: str
    missing: int
    is_asked_again: bool


def waits_for(actor: Actor) -> ColumnElement[bool]:
    """That a claim is of one of the actor's policies, and needs a paper that is missing or asked again, or is approved
    and does not know yet how the actor wants to be paid: a condition on Claim."""
    unpaid = exists().where(
        ClaimParty.claim_id == Claim.id,
        ClaimParty.account_id == actor.account_id,
        ClaimParty.kind.in_(parties.PAID_KINDS),
        ClaimParty.excluded_at.is_(None),
        ClaimParty.withdrawn_at.is_(None),
        ClaimParty.way.is_(None),
    )
    asks = exists().where(_needed(), ClaimPaper.state.in_(_ASKED))
    return and_(
        Claim.account_id == actor.account_id,
        Claim.state.in_(OPEN_CLAIMS),
        or_(Claim.state.in_(papers.TAKING) & asks, (Claim.state == ClaimState.APPROVED) & unpaid),
    )


def waiting_columns() -> tuple[Any, ...]:
    """What a Waiting is made of, of a Claim."""
    missing = select(func.count()).where(_needed(), ClaimPaper.state.in_(_ASKED)).correlate(Claim).scalar_subquery()
    again = exists().where(_needed(), ClaimPaper.state == PaperState.OBSERVED).correlate(Claim)
    return Claim.id, Claim.number, case((Claim.state == ClaimState.APPROVED, 0), else_=missing), again


def waiting_for(actor: Actor, *, limit: int) -> list[Waiting]:
    """The claims of the actor's policies that wait for them, the oldest first. One query."""
    query = select(*waiting_columns()).where(waits_for(actor)).order_by(Claim.id).limit(limit)
    return [Waiting(*row) for row in db.session.execute(query)]


def _own(actor: Actor, policy: str) -> Select[int]:
    """The claims of this policy, where it is the actor's."""
    own = select(Policy.id).where(Policy.number == policy, Policy.account_id == actor.account_id)
    return select(Claim.id).where(Claim.policy_id == own.scalar_subquery())


def _needed() -> ColumnElement[bool]:
    """That a paper belongs to the claim, and its file is not complete without it."""
    out = ClaimParty.excluded_at.is_not(None) | ClaimParty.withdrawn_at.is_not(None)
    is_out = exists().where(ClaimParty.id == ClaimPaper.party_id, out)
    return and_(ClaimPaper.claim_id == Claim.id, ClaimPaper.required.is_(True), ~is_out)


def description(story: str, event: str = "") -> str:
    """What happened, short: the beginning of its account, or the case that was chosen."""
    first = re.split(r"(?<=[.!?])\s|\n", story.strip(), maxsplit=1)[0].rstrip(".")
    if not first:
        return event
    if len(first) <= _SHORT:
        return first
    return f"{first[:_SHORT].rsplit(' ', 1)[0]}…"


def _line(row: Any) -> OwnClaim:
    product = offers.offer(row.product_version_id).product
    coverage = product.coverage(row.coverage_code) if row.coverage_code else None
    return OwnClaim(
        row.id,
        row.number,
        description(row.story, coverage.event if coverage else terms.OTHER_CASE),
        row.state,
        row.event_date,
        row.registered_at,
        coverage.name if coverage else "Por definir",
    )
