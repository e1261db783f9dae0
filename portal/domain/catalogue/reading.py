"""From the mapping of a data file, or of a stored version, to a Product that obeys the catalogue's rules."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from stdnum.pe import ruc

from portal.domain.catalogue.claims import ClaimRegime
from portal.domain.catalogue.conditions import LISTING_NAMES
from portal.domain.catalogue.coverage import Benefit, WaitingPeriod
from portal.domain.catalogue.limits import Limits
from portal.domain.catalogue.product import Clause, Insurer, Plan, Product, Seller
from portal.domain.catalogue.reading_claims import read_claim_limits, read_coverage, read_exclusion, read_measure
from portal.domain.catalogue.rules import check_product
from portal.domain.catalogue.table import CatalogueError, Table
from portal.domain.money import split_igv

_WHOLE = Decimal(100)  # per cent


def parse_product(data: Mapping[str, Any]) -> Product:
    """The product in a mapping of load_files or of a stored version. Raises CatalogueError."""
    table = Table(str(data.get("slug", "")), data)
    limits = _limits(table.table("limits"))
    plans = tuple(_plan(item, limits) for item in table.tables("plans"))
    waiting = _waiting(table.optional_table("waiting"))
    product = Product(
        slug=table.text("slug"),
        code=_code(table),
        name=table.text("name"),
        short_name=table.text("short_name"),
        lead=table.text("lead"),
        version=read_version(table),
        draft_notice=table.text("draft_notice"),
        sbs_registry_code=table.text("sbs_registry_code"),
        insurer=_insurer(table.table("insurer")),
        seller=_seller(table),
        limits=limits,
        min_age=table.whole("min_age"),
        max_age=table.whole("max_age"),
        term_years=table.whole("term_years"),
        withdrawal_days=table.whole("withdrawal_days"),
        # What was sold before it was asked says in its conditions that it does.
        ends_without_cause=table.optional_flag("ends_without_cause", default=True),
        active_policies_per_insured=table.whole("active_policies_per_insured"),
        claim_regime=table.optional_choice("claim_regime", ClaimRegime, ClaimRegime.MICROINSURANCE),
        waiting=waiting,
        headline=table.text("headline"),
        headline_coverage=table.text("headline_coverage"),
        pays=table.texts("pays"),
        does_not_pay=table.texts("does_not_pay"),
        excluded=tuple(read_exclusion(item) for item in table.texts_or_tables("exclusions")),
        coverages=tuple(read_coverage(item, plans, waiting) for item in table.tables("coverages")),
        plans=plans,
        clauses=tuple(_clause(item) for item in table.tables("clauses")),
    )
    table.close()
    check_product(product)
    return product


def read_version(table: Table) -> str:
    """The date that names a version of a legal text, aaaa-mm-dd. Raises CatalogueError."""
    version = table.text("version")
    try:
        date.fromisoformat(version)
    except ValueError as error:
        raise CatalogueError(table.at("version"), f"must be a date like 2026-11-01, it is {version!r}") from error
    return version


def _code(table: Table) -> str:
    code = table.text("code")
    if not re.fullmatch(r"[A-Z]{2,4}", code):
        raise CatalogueError(table.at("code"), f"must be two to four capital letters, it is {code!r}")
    return code


def _limits(table: Table) -> Limits:
    limits = Limits(
        uit=table.amount("uit"),
        monthly_premium_cap_percent=table.amount("monthly_premium_cap_percent"),
        igv_percent=table.amount("igv_percent"),
        withdrawal_refund_days=table.whole("withdrawal_refund_days"),
        complaint_working_days=table.whole("complaint_working_days"),
        fewest_plans=table.whole("fewest_plans"),
        fewest_exclusions=table.whole("fewest_exclusions"),
        fewest_condition_words=table.whole("fewest_condition_words"),
        claims=read_claim_limits(table),
        defaseg_days=table.optional_whole("defaseg_days"),
    )
    table.close()
    return limits


def _insurer(table: Table) -> Insurer:
    insurer = Insurer(
        name=table.text("name"),
        ruc=table.text("ruc"),
        sbs_code=table.text("sbs_code"),
        notices_email=table.optional_text("notices_email"),
    )
    _close_company(table, insurer.ruc)
    return insurer


def _seller(product: Table) -> Seller | None:
    table = product.optional_table("seller")
    if table is None:
        return None
    commission = product.amount("commission_percent")
    if commission > _WHOLE:
        raise CatalogueError(product.at("commission_percent"), f"is more than the whole premium: {commission}")
    seller = Seller(table.text("name"), table.text("ruc"), table.text("address"), commission)
    _close_company(table, seller.ruc)
    return seller


def _close_company(table: Table, its_ruc: str) -> None:
    table.close()
    if not ruc.is_valid(its_ruc):
        raise CatalogueError(table.at("ruc"), f"{its_ruc} is not a RUC: check its 11 digits")


def _waiting(table: Table | None) -> WaitingPeriod | None:
    if table is None:
        return None
    waiting = WaitingPeriod(table.whole("days"), table.text("event"), table.optional_text("exempt"))
    table.close()
    return waiting


def _plan(table: Table, limits: Limits) -> Plan:
    total = table.amount("total")
    net, igv = split_igv(total, limits.igv_percent / Decimal(100))
    benefits = tuple(_benefit(item) for item in table.tables("benefits"))
    plan = Plan(table.text("code"), table.text("name"), total, net, igv, benefits)
    table.close()
    return plan


def _benefit(table: Table) -> Benefit:
    per = table.optional_text("per")
    benefit = Benefit(table.text("coverage"), table.amount("amount"), per, read_measure(table, per))
    table.close()
    return benefit


def _clause(table: Table) -> Clause:
    clause = Clause(table.text("title"), table.texts("paragraphs"), table.optional_text("listing"))
    table.close()
    if clause.listing and clause.listing not in LISTING_NAMES:
        names = ", ".join(sorted(LISTING_NAMES))
        raise CatalogueError(table.at("listing"), f"must be one of {names}, it is {clause.listing!r}")
    return clause
