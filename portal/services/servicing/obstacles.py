"""Why a policy can't be changed now, in words for its holder. Source: docs/rules.md, Administer."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.domain.claim import ClaimState
from portal.extensions import db
from portal.models import Claim, Policy
from portal.services.catalogue import offers

_OPEN = (ClaimState.REGISTERED, ClaimState.ASSESSED, ClaimState.OBSERVED, ClaimState.APPROVED)
_ACCRUED = (ClaimState.APPROVED, ClaimState.PAID)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was asked of a policy: the number of a claim that is `open`, whether one tells of the insured person's
    `death`, and whether any benefit has `accrued`."""

    open: str | None
    death: bool
    accrued: bool


def claimed(policy: Policy) -> Claimed:
    """What its claims say: one query."""
    its = select(Claim.number, Claim.state, Claim.coverage_code)
    its = its.where(Claim.policy_id == policy.id, Claim.state.in_((*_OPEN, *_ACCRUED))).order_by(Claim.id)
    found = db.session.execute(its).all()
    still = [one for one in found if one.state in _OPEN]
    product = offers.offer(policy.product_version_id).product
    of_death = [one for one in still if one.coverage_code and product.coverage(one.coverage_code).on_death]
    return Claimed(
        open=next((one.number for one in (*of_death, *still)), None),
        death=bool(of_death),
        accrued=any(one.state in _ACCRUED for one in found),
    )
