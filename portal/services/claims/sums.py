"""What a claim pays and to whom how much, by the product's rule: facts go in, amounts come out, nobody types one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from portal.domain.beneficiaries import BeneficiaryKind
from portal.domain.catalogue import Benefit, Computes, Coverage, Payee
from portal.domain.claim import Outcome
from portal.domain.claim_sums import (
    NOTHING,
    Part,
    Proven,
    Reckoning,
    Sharer,
    Used,
    left_of,
    reckon,
    split_by_shares,
    split_by_spending,
    split_equally,
)
from portal.domain.errors import DomainError
from portal.extensions import db
from portal.models import Claim, ClaimAward, ClaimParty, ClaimResolution, Policy
from portal.services.claims import coverage as terms
from portal.services.claims import parties


def _paid_before(what: ColumnElement[Any], *, by_person: bool = False) -> Any:
    """`what` of all that was approved before for the coverage of a Claim, under its policy; `by_person`: of what each
    was awarded."""
    other = aliased(Claim)
    same = (other.policy_id == Claim.policy_id, other.coverage_code == Claim.coverage_code, other.id != Claim.id)
    approved = (_ANSWER.confirmed_at.is_not(None), _ANSWER.outcome == Outcome.APPROVE)
    asked = select(what).select_from(_ANSWER).join(other, other.id == _ANSWER.claim_id)
    if by_person:
        asked = asked.join(ClaimAward, ClaimAward.resolution_id == _ANSWER.id)
    return asked.where(*same, *approved).correlate(Claim).scalar_subquery()


_ANSWER = aliased(ClaimResolution)
# Columns of a query of claims, which `used` reads.
USED = (
    _paid_before(func.sum(_ANSWER.days)).label("used_days"),
    _paid_before(func.count(_ANSWER.id)).label("used_times"),
    _paid_before(func.sum(ClaimAward.amount), by_person=True).label("used_amount"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the documents prove: whole days or months, or soles that each person spent, by their key."""

    days: int | None = None
    spent: Mapping[int, Decimal] = field(default_factory=dict)

    @property
    def all_spent(self) -> Decimal:
        """By all together."""
        return sum(self.spent.values(), NOTHING)


@dataclass(frozen=True, slots=True)
class Sum:
    """The total with its line, and each person's part."""

    reckoning: Reckoning
    parts: Sequence[tuple[ClaimParty, Part]]


def computes(claim: Claim) -> Computes | None:
    """How the coverage is computed; None without one."""
    coverage = terms.coverage_of(claim)
    return coverage.computes if coverage else None


def of(claim: Claim, facts: Facts, used: Used) -> Sum:
    """What it pays, when so much of its limits was `used` before. Raises DomainError where nothing can be paid, on
    `dias` or `gasto` where nothing was proven."""
    coverage, benefit = terms.coverage_of(claim), terms.benefit_of(claim)
    if coverage is None or benefit is None:
        raise DomainError("El plan no incluye esta cobertura: no hay suma que pagar.")
    people = parties.paid(claim)
    if not people:
        raise DomainError("Todavía no hay a quién pagar: faltan los herederos o el beneficiario.")
    count = facts.days or 0
    proven = Proven(days=count, months=count, spent=facts.all_spent)
    reckoning = _reckoned(coverage, benefit, proven, used)
    if reckoning.total <= NOTHING:
        raise DomainError(f"La suma ya se usó: no queda nada que pagar. {reckoning.limited or ''}".strip())
    by_key = {one.id: one for one in people}
    parts = _split(claim, coverage.paid_to, reckoning.total, facts)
    return Sum(reckoning, [(by_key[key], part) for key, part in parts.items() if key in by_key])


def by_told(claim: Claim, used: Used) -> Reckoning | None:
    """What it would pay for the days that were told, when so much of its limits was `used` before; None where it is not
    paid by days, or nobody told yet how many."""
    coverage, benefit = terms.coverage_of(claim), terms.benefit_of(claim)
    if coverage is None or benefit is None or not claim.days_told or not terms.asks_days(claim):
        return None
    return _reckoned(coverage, benefit, Proven(days=claim.days_told), used)


def again(claim: Claim, resolution: ClaimResolution) -> Decimal:
    """The total of an approval, of what was proven when it was proposed and of what is left of the limits now."""
    coverage, benefit = terms.coverage_of(claim), terms.benefit_of(claim)
    if coverage is None or benefit is None:
        return NOTHING
    count = resolution.days or 0
    proven = Proven(days=count, months=count, spent=resolution.spent or NOTHING)
    return _reckoned(coverage, benefit, proven, used_before(claim)).total


def used_before(claim: Claim) -> Used:
    """What the coverage has paid before under this policy. One query."""
    return used(db.session.execute(select(*USED).where(Claim.id == claim.id)).one())


def used(row: Any) -> Used:
    """What a row of a query says that asked for USED."""
    count = int(row.used_days or 0)
    return Used(days=count, months=count, times=row.used_times, amount=Decimal(row.used_amount or 0))


def used_of(policy: Policy) -> dict[str, Used]:
    """What each coverage of the policy has paid, by its code; none that paid nothing. Two queries."""
    approved = (Claim.policy_id == policy.id, _ANSWER.confirmed_at.is_not(None), _ANSWER.outcome == Outcome.APPROVE)
    its = select(Claim.coverage_code.label("code")).join(_ANSWER, _ANSWER.claim_id == Claim.id).where(*approved)
    counted = its.add_columns(func.sum(_ANSWER.days).label("used_days"), func.count(_ANSWER.id).label("used_times"))
    summed = its.add_columns(func.sum(ClaimAward.amount)).join(ClaimAward, ClaimAward.resolution_id == _ANSWER.id)
    amounts = {row[0]: row[1] for row in db.session.execute(summed.group_by(Claim.coverage_code))}
    rows = db.session.execute(counted.group_by(Claim.coverage_code).order_by(Claim.coverage_code)).all()
    return {
        row.code: Used(days=int(row.used_days or 0), times=row.used_times, amount=Decimal(amounts.get(row.code) or 0))
        for row in rows
        if row.code
    }


def _reckoned(coverage: Coverage, benefit: Benefit, proven: Proven, used: Used) -> Reckoning:
    """Of a death, which comes once, what others were not awarded before; of all else, what is left of the limits."""
    if coverage.paid_to is Payee.BENEFICIARIES:
        return left_of(reckon(coverage.computes, benefit, proven, Used()), used.amount)
    return reckon(coverage.computes, benefit, proven, used)


def _split(claim: Claim, paid_to: Payee, total: Decimal, facts: Facts) -> Mapping[int, Part]:
    people = parties.entitled(claim)  # what somebody took back grows to nobody
    if paid_to is Payee.SPENDER:
        spent = {key: amount for key, amount in facts.spent.items() if amount > NOTHING}
        return split_by_spending(total, spent)
    if any(one.share is None for one in people):
        return split_equally(total, [one.id for one in people])
    return split_by_shares(total, [_sharer(one) for one in people])


def _sharer(party: ClaimParty) -> Sharer:
    kind = party.beneficiary.kind if party.beneficiary else BeneficiaryKind.PRIMARY
    return Sharer(party.id, kind, party.share or NOTHING)
