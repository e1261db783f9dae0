"""The days around a policy's end, and what differs in the year that follows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from portal.domain.calendar import cover_end, noon
from portal.domain.catalogue import CatalogueError, load_files, parse_product
from portal.domain.catalogue.coverage import WaitingPeriod
from portal.domain.clock import LIMA
from portal.domain.policy import Cover
from portal.domain.renewal import Change, RenewalTerms, changes, parse_renewal, term_after
from portal.services.catalogue.offers import FOLDER
from portal.services.catalogue.renewals import renewal_terms

TERMS = RenewalTerms(opens_days=45, closes_days=30, changed_terms_days=45, notice_days=(30, 14, 3))
PRODUCT = parse_product(dict(load_files(FOLDER))["muerte-accidental"])


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LIMA)


def test_the_file_says_the_days_of_the_house():
    assert renewal_terms() == TERMS


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"notice_days": [14, 30]}, "must go down"),
        ({"notice_days": [50, 3]}, "must go down"),
        ({"changed_terms_days": 60}, "before the policy can be renewed"),
    ],
)
def test_days_that_contradict_each_other_are_refused(changed, words):
    data = {"opens_days": 45, "closes_days": 30, "changed_terms_days": 45, "notice_days": [30, 14, 3]}
    with pytest.raises(CatalogueError, match=words):
        parse_renewal(data | changed)


@pytest.mark.parametrize(
    ("ends", "paid", "starts", "gap"),
    [
        # Until the last minute before its noon there is none; at noon the next day's is the first.
        (date(2027, 5, 18), at(date(2027, 4, 3), 0), date(2027, 5, 18), False),
        (date(2027, 5, 18), at(date(2027, 5, 17), 23, 59), date(2027, 5, 18), False),
        (date(2027, 5, 18), at(date(2027, 5, 18), 11, 59), date(2027, 5, 18), False),
        (date(2027, 5, 18), at(date(2027, 5, 18), 12), date(2027, 5, 19), True),
        (date(2027, 5, 18), at(date(2027, 5, 18), 23, 59), date(2027, 5, 19), True),
        (date(2027, 5, 18), at(date(2027, 5, 19), 0), date(2027, 5, 19), True),
        (date(2027, 5, 18), at(date(2027, 6, 17), 23, 59), date(2027, 6, 18), True),
        # A year that began on 29 February ended on the 28th, and so do those that follow.
        (date(2029, 2, 28), at(date(2029, 2, 1), 9), date(2029, 2, 28), False),
        (date(2028, 2, 28), at(date(2028, 2, 28), 12), date(2028, 2, 29), True),
    ],
)
def test_when_the_next_year_begins(ends, paid, starts, gap):
    found = term_after(noon(ends), paid)
    assert (found.starts_at, found.ends_at, found.gap) == (noon(starts), cover_end(noon(starts)), gap)


def test_a_year_from_29_february_is_followed_by_whole_ones():
    first = cover_end(noon(date(2028, 2, 29)))
    assert first == noon(date(2029, 2, 28))
    second = term_after(first, first - timedelta(days=1))
    assert (second.starts_at, second.ends_at) == (first, noon(date(2030, 2, 28)))


@pytest.mark.parametrize("left", range(50, -35, -1))
@pytest.mark.parametrize("hour", [0, 11, 12, 23])
def test_each_day_has_one_notice_at_most(left, hour):
    ends_at = noon(date(2027, 5, 18))
    moment = at(date(2027, 5, 18) - timedelta(days=left), hour)
    due = [level for level in TERMS.levels if _is_due(level, ends_at, moment)]
    if moment >= ends_at:
        expected = [0] if moment - ends_at < timedelta(days=3) else []
    else:
        expected = [min(level for level in (45, 30, 14, 3) if level >= left)] if left <= 45 else []
    assert due == expected


def _is_due(level: int, ends_at: datetime, moment: datetime) -> bool:
    after, until = TERMS.ends_between(level, moment)
    return after < ends_at <= until


def test_nothing_changes_between_a_product_and_itself():
    plan = PRODUCT.plan("plan-2")
    assert changes(PRODUCT, plan, PRODUCT, plan) == []


def test_sums_exclusions_ages_and_plans_are_told():
    plan = PRODUCT.plan("plan-2")
    funeral = plan.benefits[-1]
    more = replace(plan, benefits=(*plan.benefits[:-1], replace(funeral, amount=funeral.amount + Decimal(200))))
    stricter = replace(PRODUCT, max_age=60, excluded=PRODUCT.excluded[1:])
    found = changes(PRODUCT, plan, stricter, more)
    assert Change("Gastos de sepelio", "S/ 2,000", "S/ 2,200") in [
        replace(one, before=one.before.replace("\xa0", " "), after=one.after.replace("\xa0", " ")) for one in found
    ]
    assert Change("Qué no paga", PRODUCT.excluded[0].text, "Ya no está en la lista") in found
    assert Change("Edad que acepta", "De 18 a 65 años", "De 18 a 60 años") in found
    assert changes(PRODUCT, plan, PRODUCT, PRODUCT.plan("plan-3"))[0] == Change("Plan", "Plan 2", "Plan 3")


def test_waiting_ending_papers_and_the_conditions_themselves_are_told_whatever_else_changes():
    plan = PRODUCT.plan("plan-2")
    waits = WaitingPeriod(days=60, event="la muerte por enfermedad", exempt=None)
    first = PRODUCT.coverages[0]
    fewer = replace(first, documents=first.documents[1:])
    other = replace(
        PRODUCT,
        max_age=60,
        waiting=waits,
        ends_without_cause=not PRODUCT.ends_without_cause,
        withdrawal_days=20,
        coverages=(fewer, *PRODUCT.coverages[1:]),
        clauses=PRODUCT.clauses[1:],
    )
    told = {one.what: (one.before, one.after) for one in changes(PRODUCT, plan, other, plan)}
    assert told["Período de espera"] == ("No tiene", "60 días: la muerte por enfermedad")
    assert told["Arrepentirse"] == ("15 días", "20 días")
    assert set(told["Terminar cuando quiera"]) == {"Sí", "No"}
    asked, still = told[f"Documentos de un siniestro: {first.name}"]
    assert (first.documents[0].name in asked, first.documents[0].name in still) == (True, False)
    assert "Condiciones generales" in told
    assert "Edad que acepta" in told


END = noon(date(2027, 5, 18))
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("left", "cancelled_at", "near"),
    [
        (timedelta(days=45), None, True),
        (timedelta(days=45, hours=12), None, True),
        (timedelta(days=45, hours=12) + SECOND, None, False),
        (-SECOND, None, False),
        (DAY, END - 2 * DAY, False),
        (DAY, END - SECOND, False),
        (DAY, END, True),
    ],
)
def test_only_what_protects_now_and_until_its_term_is_near_its_end(left, cancelled_at, near):
    cover = Cover(noon(date(2026, 5, 18)), END, cancelled_at)
    assert TERMS.is_near_end(cover, END - left) is near
