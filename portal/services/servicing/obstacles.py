"""What stops a holder from changing a policy: a claim that is open, or money that is on its way for it.

Source: docs/rules.md, Administer.
"""

from dataclasses import dataclass

from sqlalchemy import String, and_, cast, literal, or_, select

from portal.domain.payment import MOVING_STATES, PROMISED_STATES
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import Claim, Payment, Policy, Purchase, Quote
from portal.services.policies import renewing
from portal.services.policies.claimed import Claimed, claimed, claimed_of, is_asked

__all__ = ["Claimed", "Obstacles", "claimed", "of"]


@dataclass(frozen=True, slots=True)
class Obstacles:
    """What its claims say, and the numbers of what is being paid: `pending` for another plan of it, also of a slip that
    waits; `renewing` for the year that follows, while its money moves: a slip for that is cancelled with the policy.
    `after`: the number of the policy that goes on where this one ends."""

    claimed: Claimed
    pending: str | None
    renewing: str | None
    after: str | None


def of(policy: Policy) -> Obstacles:
    """Those of a policy: one query."""
    state, covered = cast(Claim.state, String), Claim.coverage_code
    claims = select(literal("claim"), Claim.number, state, covered, Claim.id).where(is_asked(policy))
    its = select(cast(Quote.purpose, String), Payment.number, literal(""), literal(""), Payment.id)
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
        next((row[1] for row in found if row[0] == QuotePurpose.RENEWAL), None),
        next((row[1] for row in found if row[0] == "after"), None),
    )
