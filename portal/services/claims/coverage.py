"""What the policy of a claim says of it: product, plan and coverage, as they were on the day of the event."""

from datetime import date
from decimal import Decimal

from portal.domain import calendar, clock
from portal.domain.catalogue import Benefit, Computes, Coverage, Plan, Product
from portal.domain.formats import whole_money
from portal.domain.money import cents
from portal.models import Claim, Policy, PolicyBeneficiary
from portal.services.catalogue import offers
from portal.services.policies import policy as policies

OTHER_CASE = "Otro caso"  # what happened, where it is in none of the coverages


def named_on(policy: Policy, day: date | None) -> list[PolicyBeneficiary]:
    """Who was named when somebody died on that day, now while it is not known. Only the day is, and who confirmed a
    list was alive then: that day's last one counts."""
    return policy.beneficiaries_at(calendar.end_of(day) if day else clock.now())


def product_of(claim: Claim) -> Product:
    """The product in the version that was sold."""
    return offers.offer(claim.policy.product_version_id).product


def plan_of(claim: Claim) -> Plan:
    """The plan by which the event is paid: that of its day, and today's while none is known."""
    if claim.event_date is None:
        return policies.plan_of(claim.policy, clock.now())[1]
    return policies.plan_paying(claim.policy, claim.event_date, claim.coverage_code)


def plan_words(plan: Plan, claim: Claim) -> str:
    """A plan and what it gives for what is claimed: "Plan 2, S/ 70 por día"."""
    benefit = plan.benefit(claim.coverage_code) if claim.coverage_code else None
    if benefit is None:
        return f"{plan.name}, no la incluye"
    return f"{plan.name}, {whole_money(benefit.amount)}{' ' + benefit.per if benefit.per else ''}"


def coverage_of(claim: Claim) -> Coverage | None:
    """The coverage that is claimed; None for a case that is in none of them."""
    return product_of(claim).coverage(claim.coverage_code) if claim.coverage_code else None


def benefit_of(claim: Claim) -> Benefit | None:
    """What the plan pays for it; None where the plan does not include the coverage."""
    return plan_of(claim).benefit(claim.coverage_code) if claim.coverage_code else None


def part_of(benefit: Benefit, share: Decimal | None) -> Decimal:
    """What of a benefit is of somebody with `share` per cent, before anything is decided; all of it without one."""
    return benefit.amount if share is None else cents(benefit.amount * share / 100)


def event_of(claim: Claim) -> str:
    """What happened, in the words of the choice."""
    coverage = coverage_of(claim)
    return coverage.event if coverage else OTHER_CASE


def day_words(claim: Claim) -> str:
    """How the day of the event is called: "Día en que entró al hospital"."""
    coverage = coverage_of(claim)
    return coverage.event_date_label if coverage else "Día en que pasó"


def asks_days(claim: Claim) -> bool:
    """Whether it pays by days, which its papers will prove."""
    coverage = coverage_of(claim)
    return coverage is not None and coverage.computes is Computes.PER_DAY


def asks_cause(claim: Claim) -> bool:
    """Whether it matters what led to the event: where illness waits and accidents don't."""
    coverage = coverage_of(claim)
    return coverage is not None and coverage.waits and coverage.accident_exempt
