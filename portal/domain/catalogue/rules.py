"""What a product must obey before it is sold. Each rule broken is said as CatalogueError with its place."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from portal.domain.catalogue.claims import Computes, RequiredDocument
from portal.domain.catalogue.conditions import LISTING_NAMES
from portal.domain.catalogue.product import Product
from portal.domain.catalogue.table import CatalogueError

_MONTHS = 12
_SHORTEST_YEAR = 365  # days
_SUMMARY_LINES = range(3, 6)  # what the product's page and the first page of the policy have room for


def check_product(product: Product) -> None:
    """Raise CatalogueError for the first rule that the product breaks."""
    _check_premiums(product)
    _check_codes(product)
    _check_coverages_are_sold(product)
    _check_ages(product)
    _check_summary(product)
    _check_waiting(product)
    _check_measures(product)
    _check_documents(product)
    _check_grounds(product)
    _check_conditions(product)


def _check_premiums(product: Product) -> None:
    limits = product.limits
    for plan in product.plans:
        month = plan.total / _MONTHS
        if month > limits.monthly_premium_cap:
            raise CatalogueError(
                f"{product.slug}.plans {plan.code}",
                f"{plan.total} a year is {month:.2f} a month, above the cap of {limits.monthly_premium_cap} "
                f"({limits.monthly_premium_cap_percent} % of the UIT {limits.uit})",
            )


def _check_codes(product: Product) -> None:
    coverages = {coverage.code for coverage in product.coverages}
    _refuse_repeated(f"{product.slug}.coverages", (coverage.code for coverage in product.coverages))
    _refuse_repeated(f"{product.slug}.plans", (plan.code for plan in product.plans))
    for plan in product.plans:
        where = f"{product.slug}.plans {plan.code}"
        _refuse_repeated(where, (benefit.coverage_code for benefit in plan.benefits))
        for benefit in plan.benefits:
            if benefit.coverage_code not in coverages:
                raise CatalogueError(where, f"pays {benefit.coverage_code!r}, which is not among the coverages")
        if plan.benefit(product.headline_coverage) is None:
            raise CatalogueError(where, f"lacks the headline coverage {product.headline_coverage!r}")


def _refuse_repeated(where: str, codes: Iterable[str]) -> None:
    for code, times in Counter(codes).items():
        if times > 1:
            raise CatalogueError(where, f"{code!r} is there {times} times")


def _check_coverages_are_sold(product: Product) -> None:
    for coverage in product.coverages:
        if all(plan.benefit(coverage.code) is None for plan in product.plans):
            raise CatalogueError(f"{product.slug}.coverages", f"{coverage.code!r} is in no plan")


def _check_ages(product: Product) -> None:
    if product.min_age > product.max_age:
        raise CatalogueError(f"{product.slug}.max_age", f"{product.max_age} is below min_age {product.min_age}")


def _check_summary(product: Product) -> None:
    limits = product.limits
    _require(product, "plans", len(product.plans), limits.fewest_plans)
    _require(product, "exclusions", len(product.exclusions), limits.fewest_exclusions)
    pays, not_pays = len(product.pays), len(product.does_not_pay)
    if pays not in _SUMMARY_LINES:
        raise CatalogueError(f"{product.slug}.pays", f"needs three to five lines, it has {pays}")
    if pays != not_pays:
        # What is not paid is said with the same size as what is paid.
        raise CatalogueError(f"{product.slug}.does_not_pay", f"needs as many lines as pays ({pays}), it has {not_pays}")


def _check_waiting(product: Product) -> None:
    if product.waiting is None:
        return
    if product.waiting.days >= _SHORTEST_YEAR * product.term_years:
        raise CatalogueError(f"{product.slug}.waiting.days", f"{product.waiting.days} leave no day of cover")
    said = f"{product.waiting.days} días"
    # Somebody who reads only one of the lists learns of it too, and with the same number.
    for key, lines in (("does_not_pay", product.does_not_pay), ("exclusions", product.exclusions)):
        if not any(said in line for line in lines):
            raise CatalogueError(f"{product.slug}.{key}", f"does not say the waiting of {said}")


def _check_measures(product: Product) -> None:
    for coverage in product.coverages:
        where = f"{product.slug}.coverages {coverage.code}"
        if coverage.waits and product.waiting is None:
            raise CatalogueError(where, "waits, and the product has no waiting")
        for plan in product.plans:
            benefit = plan.benefit(coverage.code)
            if benefit is None:
                continue
            measure = benefit.measure
            is_per_day, is_per_month = coverage.computes is Computes.PER_DAY, coverage.computes is Computes.PER_MONTH
            if (bool(measure.days), bool(measure.months)) != (is_per_day, is_per_month):
                raise CatalogueError(where, f"is computed {coverage.computes}, and {plan.code} pays it {benefit.per!r}")


def _check_documents(product: Product) -> None:
    for coverage in product.coverages:
        _refuse_repeated(
            f"{product.slug}.coverages {coverage.code}.documents", (one.code for one in coverage.documents)
        )
    first: dict[str, RequiredDocument] = {}
    for paper in (paper for coverage in product.coverages for paper in coverage.documents):
        known = first.setdefault(paper.code, paper)
        if replace(paper, when=known.when, case=known.case) != known:
            raise CatalogueError(f"{product.slug}.documents", f"{paper.code!r} is two papers")


def _check_grounds(product: Product) -> None:
    coverages = {coverage.code for coverage in product.coverages}
    for exclusion in product.excluded:
        where = f"{product.slug}.exclusions {exclusion.short!r}"
        for code in exclusion.coverages:
            if code not in coverages:
                raise CatalogueError(where, f"touches {code!r}, which is not among the coverages")
        for code in exclusion.papers:
            if product.document(code) is None:
                raise CatalogueError(where, f"names the paper {code!r}, which no coverage asks for")


def _check_conditions(product: Product) -> None:
    where = f"{product.slug}.clauses"
    listed = Counter(clause.listing for clause in product.clauses if clause.listing)
    if listed != Counter(LISTING_NAMES):
        raise CatalogueError(where, f"must list each of {', '.join(sorted(LISTING_NAMES))} once")
    try:
        conditions = product.conditions
    except KeyError as error:
        raise CatalogueError(where, f"has unknown words in braces: {error}") from error
    words = sum(condition.words for condition in conditions)
    _require(product, "clauses", words, product.limits.fewest_condition_words, "words ")


def _require(product: Product, key: str, found: int, fewest: int, unit: str = "") -> None:
    if found < fewest:
        raise CatalogueError(f"{product.slug}.{key}", f"needs {fewest} {unit}or more, it has {found}")
