"""The other claims about one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from portal.domain.claim import ClaimState
from portal.extensions import db
from portal.models import Claim, ClaimResolution, Person, Policy
from portal.models.people import names_person
from portal.services.catalogue import offers

_MOST = 20


@dataclass(frozen=True, slots=True)
class Other:
    """`given` soles is what its answer gave; None while it has none."""

    number: str
    state: ClaimState
    policy_number: str
    coverage: str
    event_date: date | None
    given: Decimal | None


def of(claim: Claim) -> Sequence[Other]:
    """Those about the same insured person, whatever the policy, the newest first. One query."""
    policy, person, answer = aliased(Policy), aliased(Person), ClaimResolution
    rows = db.session.execute(
        select(
            Claim.number,
            Claim.state,
            Claim.coverage_code,
            Claim.event_date,
            policy.number.label("policy_number"),
            policy.product_version_id,
            answer.total,
        )
        .join(policy, policy.id == Claim.policy_id)
        .join(person, person.id == policy.insured_id)
        .outerjoin(answer, and_(answer.claim_id == Claim.id, answer.confirmed_at.is_not(None)))
        .where(names_person(person, claim.policy.insured.identity), Claim.number.is_not(None), Claim.id != claim.id)
        .order_by(Claim.id.desc())
        .limit(_MOST)
    )
    return [
        Other(
            number=row.number,
            state=row.state,
            policy_number=row.policy_number,
            coverage=_name(row.product_version_id, row.coverage_code),
            event_date=row.event_date,
            given=row.total,
        )
        for row in rows
    ]


def _name(version_id: int, coverage_code: str | None) -> str:
    return offers.offer(version_id).product.coverage(coverage_code).name if coverage_code else "Por definir"
