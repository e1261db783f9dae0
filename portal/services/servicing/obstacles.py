"""What stops a holder from changing a policy: a claim that is open, or money that is on its way for it.

Source: docs/rules.md, Administer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import String, and_, case, cast, func, literal, or_, select

from portal.domain.claim import OPEN_CLAIMS, ClaimEventKind, ClaimState
from portal.domain.ending import Held
from portal.domain.payment import MOVING_STATES, PROMISED_STATES
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import Claim, ClaimEvent, Payment, Policy, Purchase, Quote
from portal.services.policies import renewing
from portal.services.policies.claimed import Claimed, claimed, claimed_of, is_asked

__all__ = ["Claimed", "Obstacles", "claimed", "held_up", "of"]


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What its claims say, and the numbers of what is being paid: `pending` for another plan of it, also of a slip that
    waits, and whether its money moves (`is_charged`); `renewing` for the year that follows, while its money moves: a
    slip for that is cancelled with the policy.
    `after`: the number of the policy that goes on where this one ends."""

    claimed: Claimed
    pending: str | None
    is_charged: bool
    renewing: str | None
    after: str | None


def of(policy: Policy) -> Obstacles:
    """Those of a policy: one query."""
    state, covered = cast(Claim.state, String), Claim.coverage_code
    claims = select(literal("claim"), Claim.number, state, covered, Claim.id).where(is_asked(policy))
    its = select(cast(Quote.purpose, String), Payment.number, cast(Payment.state, String), literal(""), Payment.id)
    paying = (
        its.select_from(Payment)
        .join(Payment.purchase)
        .join(Purchase.quote)
        .where(
            Quote.policy_id == policy.id,
            or_(
                and_(Quote.purpose == QuotePurpose.PLAN_CHANGE, Payment.state.in_(PROMISED_STATES)),
                and_(Quote.purpose == QuotePurpose.RENEWAL, Payment.state.in_(MOVING_STATES)),
            ),
        )
    )
    after = select(literal("after"), Policy.number, literal(""), literal(""), Policy.id)
    following = after.where(renewing.goes_on_from(policy))
    found = sorted(db.session.execute(claims.union_all(paying, following)).all(), key=lambda row: row[4])
    return Obstacles(
        claimed_of(policy, [(str(row[1]), row[2], row[3]) for row in found if row[0] == "claim"]),
        next((row[1] for row in found if row[0] == QuotePurpose.PLAN_CHANGE), None),
        any(row[0] == QuotePurpose.PLAN_CHANGE and row[2] in MOVING_STATES for row in found),
        next((row[1] for row in found if row[0] == QuotePurpose.RENEWAL), None),
        next((row[1] for row in found if row[0] == "after"), None),
    )


def held_up(policy: Policy, moment: datetime) -> list[Held]:
    """From when to when a claim that was refused or withdrawn in the end, or is open at `moment`, or a charge for
    another plan or the year that follows, let nobody end it. What still does holds it over that day. One query."""
    of_claim = select(func.max(ClaimEvent.at)).where(ClaimEvent.claim_id == Claim.id)
    withdrawn_at = of_claim.where(ClaimEvent.kind == ClaimEventKind.WITHDRAWN).scalar_subquery()
    claims = select(Claim.registered_at, func.coalesce(Claim.decided_at, withdrawn_at)).where(
        Claim.policy_id == policy.id, Claim.state.in_((*OPEN_CLAIMS, ClaimState.REJECTED, ClaimState.WITHDRAWN))
    )
    # That the bank approved it is kept while it can't be followed up: it moves on.
    resolved_at = case((Payment.state.not_in(MOVING_STATES), Payment.resolved_at))
    its = select(Payment.processing_at, resolved_at).join(Payment.purchase).join(Purchase.quote)
    charges = its.where(Quote.policy_id == policy.id, Payment.processing_at.is_not(None))
    found = db.session.execute(claims.union_all(charges))
    return [(since, until or moment + timedelta(days=1)) for since, until in found if since is not None]
