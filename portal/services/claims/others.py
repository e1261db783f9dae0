"""The other claims about one person, and the other policies that protect them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import and_, select

from portal.domain import clock
from portal.domain.claim import ClaimState
from portal.domain.policy import Cover
from portal.extensions import db
from portal.models import Claim, ClaimResolution, Person, Policy
from portal.models.people import names_person
from portal.services.catalogue import offers
from portal.services.policies import at_moment

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


@dataclass(frozen=True, slots=True)
class Held:
    """Another policy that protects the same person, now or soon."""

    number: str
    cover: Cover


def of(claim: Claim) -> tuple[Sequence[Other], Sequence[Held]]:
    """Those about the same insured person, whatever the policy, the newest first; and the policies that protect that
    person beside the claim's own. One query."""
    answer = ClaimResolution
    is_another = (Claim.policy_id == Policy.id) & Claim.number.is_not(None) & (Claim.id != claim.id)
    protects = (Policy.id != claim.policy_id) & at_moment.protects(clock.now())
    rows = db.session.execute(
        select(
            Claim.number,
            Claim.state,
            Claim.coverage_code,
            Claim.event_date,
            Policy.number.label("policy_number"),
            Policy.starts_at,
            Policy.ends_at,
            Policy.cancelled_at,
            Policy.product_version_id,
            protects.label("protects"),
            answer.total,
        )
        .join(Person, Person.id == Policy.insured_id)
        .outerjoin(Claim, is_another)
        .outerjoin(answer, and_(answer.claim_id == Claim.id, answer.confirmed_at.is_not(None)))
        .where(names_person(Person, claim.policy.insured.identity), Claim.id.is_not(None) | protects)
        .order_by(Claim.id.is_(None).desc(), Claim.id.desc(), Policy.id)
        .limit(_MOST)
    ).all()
    held = {
        row.policy_number: Held(row.policy_number, Cover(row.starts_at, row.ends_at, row.cancelled_at))
        for row in rows
        if row.protects
    }
    found = [
        Other(
            number=row.number,
            state=row.state,
            policy_number=row.policy_number,
            coverage=_name(row.product_version_id, row.coverage_code),
            event_date=row.event_date,
            given=row.total,
        )
        for row in rows
        if row.number
    ]
    return found, list(held.values())


def _name(version_id: int, coverage_code: str | None) -> str:
    return offers.offer(version_id).product.coverage(coverage_code).name if coverage_code else "Por definir"
