"""Why a policy can't be changed now, in words for its holder. Source: docs/rules.md, Administer."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.domain.claim import ClaimState
from portal.extensions import db
from portal.models import Claim, Policy

_OPEN = (ClaimState.REGISTERED, ClaimState.ASSESSED, ClaimState.OBSERVED, ClaimState.APPROVED)
_ACCRUED = (ClaimState.APPROVED, ClaimState.PAID)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was asked of a policy: the number of a claim that is `open`, and whether any benefit has `accrued`."""

    open: str | None
    accrued: bool


def claimed(policy: Policy) -> Claimed:
    """What its claims say: one query."""
    its = select(Claim.number, Claim.state).where(Claim.policy_id == policy.id, Claim.state.in_((*_OPEN, *_ACCRUED)))
    found = db.session.execute(its.order_by(Claim.id)).all()
    return Claimed(
        open=next((one.number for one in found if one.state in _OPEN), None),
        accrued=any(one.state in _ACCRUED for one in found),
    )
