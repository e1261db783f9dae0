"""What a data file says of claims. A version that was sold before it said so reads with what its own words mean."""

import re
import unicodedata
from collections.abc import Iterable

from portal.domain.catalogue.claims import (
    Computes,
    DocumentOf,
    Exclusion,
    Measure,
    PayeeType,
    RequiredDocument,
    measure_said,
)
from portal.domain.catalogue.coverage import Coverage, WaitingPeriod
from portal.domain.catalogue.limits import ClaimLimits
from portal.domain.catalogue.product import Plan
from portal.domain.catalogue.table import CatalogueError, Table

_DIED, _HAPPENED = "Día en que falleció", "Día en que ocurrió"


def read_claim_limits(limits: Table) -> ClaimLimits:
    """The numbers of claims, from the table [claims] of the limits; what was sold before has three of them beside the
    others, and the rest by default. Raises CatalogueError."""
    table = limits.optional_table("claims")
    if table is None:
        return ClaimLimits(
            more_papers_days=limits.whole("claim_more_papers_days"),
            decision_days=limits.whole("claim_decision_days"),
            payment_days=limits.whole("claim_payment_days"),
        )
    read = ClaimLimits(
        paid_within_days=table.whole("paid_within_days"),
        decide_by_day=table.whole("decide_by_day"),
        more_papers_days=table.whole("more_papers_days"),
        decision_days=table.whole("decision_days"),
        payment_days=table.whole("payment_days"),
        warning_days=table.wholes("warning_days"),
        late_interest_factor=table.amount("late_interest_factor"),
        notice_days=table.whole("notice_days"),
        beneficiaries_told_hours=table.whole("beneficiaries_told_hours"),
        appeal_days=table.whole("appeal_days"),
        complaint_days=table.whole("complaint_days"),
        defaseg_years=table.whole("defaseg_years"),
        cash_collection_days=table.whole("cash_collection_days"),
        evidence_review_working_days=table.whole("evidence_review_working_days"),
    )
    table.close()
    if list(read.warning_days) != sorted(set(read.warning_days), reverse=True):
        raise CatalogueError(table.at("warning_days"), "must go down, each once")
    if read.decide_by_day >= read.paid_within_days:
        raise CatalogueError(table.at("decide_by_day"), f"must leave days to pay before day {read.paid_within_days}")
    return read


def read_measure(table: Table, per: str | None) -> Measure:
    """How often a benefit is paid: as its keys say, which its text must say too. Raises CatalogueError."""
    said = measure_said(per)
    if said is None:
        raise CatalogueError(table.at("per"), f"has no known measure: {per!r}")
    stated = Measure(
        days=table.optional_whole("days"), months=table.optional_whole("months"), times=table.optional_whole("times")
    )
    if stated not in (Measure(), said):
        raise CatalogueError(table.at("per"), f"{per!r} says otherwise than days, months and times")
    return said


def read_coverage(table: Table, plans: Iterable[Plan], waiting: WaitingPeriod | None) -> Coverage:
    """A coverage as the file has it; `plans` say how one is computed that does not state it, and `waiting`, whether it
    waits. Raises CatalogueError."""
    code, name = table.text("code"), table.text("name")
    on_death = table.flag("on_death")
    if "computes" in table:
        computes = table.choice("computes", Computes)
    else:
        computes = Computes.REIMBURSEMENT if table.optional_flag("reimburses") else _computed(code, plans)
    coverage = Coverage(
        code=code,
        name=name,
        plain=table.text("plain"),
        note=table.text("note"),
        definition=table.text("definition"),
        payee=table.text("payee"),
        on_death=on_death,
        computes=computes,
        event=table.optional_text("event") or name,
        event_date_label=table.optional_text("event_date_label") or (_DIED if on_death else _HAPPENED),
        waits=table.optional_flag("waits", default=waiting is not None),
        accident_exempt=table.optional_flag("accident_exempt", default=bool(waiting and waiting.exempt)),
        documents=tuple(_document(item) for item in table.tables("documents")),
    )
    table.close()
    return coverage


def read_exclusion(item: str | Table) -> Exclusion:
    """A case in which nothing is paid; what was sold before has its text alone. Raises CatalogueError."""
    if isinstance(item, str):
        return Exclusion(item, item)
    exclusion = Exclusion(
        text=item.text("text"),
        short=item.text("short"),
        coverages=item.optional_texts("coverages"),
        papers=item.optional_texts("papers"),
    )
    item.close()
    return exclusion


def _computed(code: str, plans: Iterable[Plan]) -> Computes:
    measures = [benefit.measure for plan in plans if (benefit := plan.benefit(code))]
    if any(measure.days for measure in measures):
        return Computes.PER_DAY
    return Computes.PER_MONTH if any(measure.months for measure in measures) else Computes.FIXED


def _document(table: Table) -> RequiredDocument:
    name = table.text("name")
    document = RequiredDocument(
        code=table.optional_text("code") or _code(name),
        name=name,
        what=table.optional_text("what"),
        where=table.optional_text("where"),
        instead=table.optional_text("instead"),
        when=table.optional_text("when"),
        case=table.optional_text("case"),
        of=table.optional_choice("of", DocumentOf, DocumentOf.CLAIM),
        payee_types=table.optional_choices("payee_types", PayeeType),
        original=table.optional_flag("original"),
        by_registering=table.optional_flag("by_registering"),
    )
    table.close()
    return document


def _code(name: str) -> str:
    """The code of a paper that was sold without one: its name in small letters, as long as a row keeps."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].rstrip("-")
