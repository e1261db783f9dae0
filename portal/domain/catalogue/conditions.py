"""General conditions in full.

A clause never copies a list, a number or a name of the product: it says which list follows it, and {words
in braces} stand for the product's numbers. So the conditions can't disagree with the coverages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.domain.formats import percent

if TYPE_CHECKING:
    from portal.domain.catalogue.claims import RequiredDocument
    from portal.domain.catalogue.coverage import Coverage
    from portal.domain.catalogue.product import Product


@dataclass(frozen=True, slots=True)
class Listing:
    """A list inside a condition, with its heading where the condition has several."""

    heading: str | None
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One numbered general condition: its paragraphs, then its lists."""

    number: int
    title: str
    paragraphs: tuple[str, ...]
    listings: tuple[Listing, ...]

    @property
    def words(self) -> int:
        """How many words a person reads in it."""
        texts = [self.title, *self.paragraphs]
        for listing in self.listings:
            texts += [listing.heading or "", *listing.items]
        return sum(len(text.split()) for text in texts)


def expand(product: Product) -> tuple[Condition, ...]:
    """The product's clauses, numbered, filled and with their lists. Raises KeyError for unknown {words}."""
    facts = _facts(product)
    return tuple(
        Condition(
            number=number,
            title=clause.title,
            paragraphs=tuple(_fill(paragraph, facts) for paragraph in clause.paragraphs),
            listings=_LISTINGS[clause.listing](product) if clause.listing else (),
        )
        for number, clause in enumerate(product.clauses, start=1)
    )


def _fill(paragraph: str, facts: dict[str, str]) -> str:
    return re.sub(r"\{([^}]*)\}", lambda braces: facts[braces[1]], paragraph)


def _facts(product: Product) -> dict[str, str]:
    limits, claims = product.limits, product.limits.claims
    facts = {
        "product": product.name,
        "insurer": product.insurer.name,
        "insurer_ruc": product.insurer.ruc,
        "insurer_sbs_code": product.insurer.sbs_code,
        "sbs_registry_code": product.sbs_registry_code,
        "min_age": str(product.min_age),
        "max_age": str(product.max_age),
        "withdrawal_days": str(product.withdrawal_days),
        "withdrawal_refund_days": str(limits.withdrawal_refund_days),
        "active_policies": str(product.active_policies_per_insured),
        "igv": percent(limits.igv_percent),
        "claim_paid_within_days": str(claims.paid_within_days),
        "claim_late_interest_factor": f"{claims.late_interest_factor.normalize():f}",
        "claim_notice_days": str(claims.notice_days),
        "claim_more_papers_days": str(claims.more_papers_days),
        "claim_decision_days": str(claims.decision_days),
        "claim_payment_days": str(claims.payment_days),
        "claim_appeal_days": str(claims.appeal_days),
        "complaint_days": str(claims.complaint_days),
        "complaint_working_days": str(limits.complaint_working_days),
        "defaseg_years": str(claims.defaseg_years),
    }
    if limits.defaseg_days:
        facts["defaseg_days"] = str(limits.defaseg_days)
    if product.waiting:
        facts["waiting_days"] = str(product.waiting.days)
        facts["first_day_after_waiting"] = str(product.waiting.days + 1)
    return facts


def _coverages(product: Product) -> tuple[Listing, ...]:
    return (Listing(None, tuple(_coverage_words(product, coverage) for coverage in product.coverages)),)


def _coverage_words(product: Product, coverage: Coverage) -> str:
    plans = [plan.name for plan in product.plans if plan.benefit(coverage.code)]
    included = "todos los planes" if len(plans) == len(product.plans) else _and(plans)
    return f"{coverage.name}. {coverage.definition} Quién cobra: {coverage.payee}. Incluida en: {included}."


def _and(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} y {last}" if first else last


def _exclusions(product: Product) -> tuple[Listing, ...]:
    return (Listing(None, product.exclusions),)


def _documents(product: Product) -> tuple[Listing, ...]:
    return tuple(
        Listing(coverage.name, tuple(_document_words(document) for document in coverage.documents))
        for coverage in product.coverages
    )


def _document_words(document: RequiredDocument) -> str:
    return f"{document.name}, {document.when}." if document.when else f"{document.name}."


_LISTINGS = {"coverages": _coverages, "exclusions": _exclusions, "documents": _documents}

LISTING_NAMES = frozenset(_LISTINGS)
