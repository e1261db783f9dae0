"""What was asked of a policy by claims: what is open stops its changes. Source: docs/rules.md, Administer."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from portal.domain.claim import OPEN_CLAIMS, STANDING_CLAIMS, ClaimState
from portal.extensions import db
from portal.models import Claim, Policy
from portal.services.catalogue import offers

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
    its = select(Claim.number, Claim.state, Claim.coverage_code).where(is_asked(policy)).order_by(Claim.id)
    return claimed_of(policy, [(str(row.number), row.state, row.coverage_code) for row in db.session.execute(its)])


def is_asked(policy: Policy) -> ColumnElement[bool]:
    """That a claim of the policy is open, or was paid: a condition."""
    return (Claim.policy_id == policy.id) & Claim.state.in_(STANDING_CLAIMS)


def claimed_of(policy: Policy, found: Iterable[tuple[str, str, str | None]]) -> Claimed:
    """The same of those claims, each by its number, its state and its coverage, the oldest first."""
    rows = list(found)
    still = [one for one in rows if one[1] in OPEN_CLAIMS]
    product = offers.offer(policy.product_version_id).product
    of_death = [one for one in still if one[2] and product.coverage(one[2]).on_death]
    return Claimed(
        open=next((number for number, _, _ in (*of_death, *still)), None),
        death=bool(of_death),
        accrued=any(state in _ACCRUED for _, state, _ in rows),
    )
