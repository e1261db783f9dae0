"""An endorsement: what changed in a policy, since when and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.domain import correction
from portal.domain.catalogue import Benefit, Coverage, Plan, Product
from portal.domain.formats import moment
from portal.domain.plan_change import PlanChanged
from portal.domain.policy import EndorsementKind, Matter, kinds_stating
from portal.domain.premium import term_from
from portal.extensions import db
from portal.models import Endorsement, PolicyBeneficiary, PolicyChange, Refund
from portal.services.catalogue import offers
from portal.services.payments import receipt_facts
from portal.services.policies import plan_changing
from portal.services.printing.contents import Contents, verified

_PARTS = {
    EndorsementKind.CORRECTION: "correction",
    EndorsementKind.CANCELLATION: "cancellation",
    EndorsementKind.BENEFIT_PAID: "benefit_paid",
    EndorsementKind.INSURED_DIED: "insured_died",
    EndorsementKind.TERMINATION: "termination",
    EndorsementKind.BENEFICIARY_CHANGE: "beneficiaries",
    EndorsementKind.PLAN_CHANGE: "plan_change",
}


def contents(endorsement: Endorsement) -> Contents:
    """What the endorsement's PDF says: of a correction what stood there and stands there now, of a cancellation the
    receipt that was reversed, of an end since all was paid that it ended, of beneficiaries who is paid and who was,
    of another plan what it pays."""
    policy = endorsement.policy
    product, plan = offers.sold(policy.product_version_id, endorsement.plan_code)
    title = f"Endoso {endorsement.number} de la póliza {policy.number}"
    before, after = endorsement.person_before, endorsement.person_after
    changes = correction.changes(before, after) if before and after else []
    change = db.session.scalars(select(PolicyChange).filter_by(endorsement_id=endorsement.id)).one_or_none()
    is_plan = endorsement.kind is EndorsementKind.PLAN_CHANGE
    is_cancelled = endorsement.kind is EndorsementKind.CANCELLATION
    return Contents(
        {
            "policy": policy,
            "holder": policy.as_known_at(policy.holder, endorsement),
            "insured": policy.as_known_at(policy.insured, endorsement),
            "endorsement": endorsement,
            "product": product,
            "plan": plan,
            "changes": changes,
            "change": change,
            "refunds": _given_back(change) if change else [],
            "term": change and term_from(change.effective_at, policy.starts_at, policy.ends_at),
            "ends": endorsement.kind in kinds_stating(Matter.END),
            "replaced": _stated_before(endorsement),
            "plan_change": _plan_changed(endorsement, product) if is_plan else None,
            "part": _PARTS[endorsement.kind],
            "facts": receipt_facts.reversed_of(policy) if is_cancelled else None,
            **verified(policy),
        },
        title=title,
        footer=f"{title} · {moment(endorsement.created_at)} (hora de Lima)",
    )


def _given_back(change: PolicyChange) -> Sequence[Refund]:
    """What went back by it, to where it came from."""
    its = select(Refund).where(Refund.change_id == change.id, Refund.instead_of_id.is_(None))
    return db.session.scalars(its.order_by(Refund.id)).all()


def _stated_before(endorsement: Endorsement) -> list[PolicyBeneficiary]:
    """Who was paid until it took effect."""
    policy = endorsement.policy
    before = [one for one in policy.endorsements if one.number < endorsement.number]
    return policy.cover.in_force_at(Matter.BENEFICIARIES, before, endorsement.effective_at).beneficiaries


@dataclass(frozen=True, slots=True)
class PlanPrinted:
    """Another plan, beside the one `before`. `is_undone`: it holds again, since a receipt was reversed."""

    before: Plan
    figures: PlanChanged
    pairs: Sequence[tuple[Coverage, Benefit | None, Benefit | None]]
    is_undone: bool


def _plan_changed(endorsement: Endorsement, product: Product) -> PlanPrinted:
    before = product.plan(endorsement.policy.terms_before(endorsement).plan_code)
    plan = product.plan(endorsement.plan_code)
    pairs = ((one, before.benefit(one.code), plan.benefit(one.code)) for one in product.coverages)
    figures, shown = plan_changing.figures_done(endorsement), [pair for pair in pairs if pair[1] or pair[2]]
    return PlanPrinted(before, figures, shown, is_undone=plan_changing.undoes(endorsement))
