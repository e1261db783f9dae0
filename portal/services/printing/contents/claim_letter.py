"""The answer to a claim, as a letter to one person: what they are paid and how it was counted, or why nothing is paid
and where they can go."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from portal.domain import clock
from portal.domain.catalogue import Plan, Product
from portal.domain.claim import ClaimEventKind, Outcome
from portal.domain.claim_clock import appeal_until
from portal.domain.claim_sums import NOTHING
from portal.domain.formats import moment
from portal.domain.money import cents
from portal.extensions import db
from portal.models import ClaimAward, ClaimEvent
from portal.services.catalogue import agencies, offers
from portal.services.policies import policy as policies
from portal.services.printing.contents import Contents, verified


def contents(award: ClaimAward) -> Contents:
    """What the letter says; nothing of anybody else."""
    claim, decided_at = award.resolution.claim, _decided_at(award)
    product = offers.offer(claim.policy.product_version_id).product
    day, code = claim.event_date, claim.coverage_code
    plan = policies.plan_paying(claim.policy, day, code) if day else policies.plan_of(claim.policy, decided_at)[1]
    title = f"Carta de decisión, pedido {claim.number}"
    return Contents(
        words_of(award, product, plan, _pay_by(claim.id)),
        title=title,
        footer=f"{title} · {moment(decided_at)} (hora de Lima)",
    )


def words_of(award: ClaimAward, product: Product, plan: Plan, pay_by: date | None) -> dict[str, Any]:
    """All that its template asks for. `pay_by`: the last day to pay, of an approval."""
    resolution, party = award.resolution, award.party
    claim = resolution.claim
    coverage = product.coverage(claim.coverage_code) if claim.coverage_code else None
    lost_share = party.excluded_at is not None and resolution.outcome is Outcome.APPROVE
    return {
        "claim": claim,
        "policy": claim.policy,
        "product": product,
        "plan": plan,
        "coverage": coverage,
        "benefit": plan.benefit(coverage.code) if coverage else None,
        "award": award,
        "party": party,
        "resolution": resolution,
        "decided_at": _decided_at(award),
        "is_paid": award.amount > NOTHING,
        "share": cents(award.amount * 100 / resolution.total) if resolution.total > NOTHING else None,
        "is_whole": award.amount == resolution.total,
        "ground": party.ground if lost_share else resolution.ground,
        "lost_share": lost_share,
        "pay_by": pay_by,
        "agency": agencies.by_code(party.agency_code) if party.agency_code else None,
        "appeal_until": appeal_until(_decided_at(award), product.limits.claims),
        "limits": product.limits.claims,
        **verified(claim.policy),
    }


def _decided_at(award: ClaimAward) -> datetime:
    return award.resolution.confirmed_at or clock.now()


def _pay_by(claim_id: int) -> date | None:
    """The last day to pay, as it stood when it was approved."""
    facts = db.session.scalars(
        select(ClaimEvent.facts).where(ClaimEvent.claim_id == claim_id, ClaimEvent.kind == ClaimEventKind.APPROVED)
    ).one_or_none()
    return date.fromisoformat(facts["pay_by"]) if facts and facts.get("pay_by") else None
