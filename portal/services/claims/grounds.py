"""On what a claim may be rejected: conditions of the policy itself, each with the words that the letter quotes. Late
notice is none: by itself it loses no right (Res. SBS 2829-2016, art. 22)."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain import clock
from portal.domain import waiting as rules
from portal.domain.errors import DomainError
from portal.domain.formats import day
from portal.models import Claim
from portal.services.claims import coverage as terms

LIVES = "vive"  # who is said to have died: such a claim stands in the way of no renewal


@dataclass(frozen=True, slots=True)
class Ground:
    """`code` is what forms call it, `label` what is chosen from, `text` the condition word by word."""

    code: str
    label: str
    text: str


def of(claim: Claim) -> Sequence[Ground]:
    """Those that the claim's policy has for its coverage: exclusions first, as the conditions number them."""
    product, coverage, plan = terms.product_of(claim), terms.coverage_of(claim), terms.plan_of(claim)
    cover = claim.policy.cover
    found = [
        Ground(f"exclusion-{number}", f"{number}. {one.short}", one.text)
        for number, one in enumerate(product.excluded, start=1)
        if coverage is None or one.touches(coverage.code)
    ]
    if coverage is not None:
        definition = coverage.definition.strip()
        found.append(Ground("definicion", "No es lo que paga la cobertura", definition))
        if coverage.on_death:
            found.append(Ground(LIVES, "La persona asegurada vive", definition))
        if plan.benefit(coverage.code) is None:
            names = ", ".join(one.name for one, _ in product.covered_by(plan))
            found.append(Ground("plan", "Su plan no la incluye", f"{plan.name} incluye: {names}."))
        over_at = rules.over_at(product, coverage, claim.policy.insured_since, claim.cause)
        may_wait = over_at and (claim.event_date is None or claim.event_date < clock.lima(over_at).date())
        if may_wait and product.waiting:
            waiting = product.waiting
            words = f"En los primeros {waiting.days} días no se paga {waiting.event}. {waiting.exempt or ''}".strip()
            found.append(Ground("espera", "Pasó durante la espera", words))
    else:
        names = ", ".join(one.name for one in product.coverages)
        found.append(Ground("coberturas", "Ninguna cobertura lo paga", f"Este seguro paga: {names}."))
        found.append(Ground(LIVES, "Avisaron que falleció, y la persona vive", f"Este seguro paga: {names}."))
    dates = f"Protege desde el mediodía del {day(cover.starts_at)} hasta el mediodía del {day(cover.until)}."
    return [*found, Ground("fechas", "Pasó fuera de las fechas", dates)]


def called(claim: Claim, code: str) -> Ground:
    """The one of that code. Raises DomainError on `base`."""
    for one in of(claim):
        if one.code == code:
            return one
    raise DomainError("Elija en qué condición de la póliza se basa.", "base")
