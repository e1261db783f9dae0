"""Since when somebody is insured without a gap, and what a first year waits for."""

from datetime import date, timedelta
from pathlib import Path

from portal.domain.calendar import cover_end, noon
from portal.domain.catalogue import load_files, parse_product
from portal.domain.claim import Cause
from portal.domain.policy import Cover
from portal.domain.waiting import insured_since, over_at


def cover(first, until=None):
    return Cover(noon(first), cover_end(noon(first)), until and noon(until))


FIRST = cover(date(2026, 5, 19))
SECOND = cover(date(2027, 5, 19))


def test_one_that_begins_at_the_noon_at_which_another_ends_goes_on_from_it_as_often_as_it_does():
    assert insured_since(SECOND.starts_at, [FIRST]) == FIRST.starts_at
    assert insured_since(noon(date(2028, 5, 19)), [SECOND, FIRST]) == FIRST.starts_at


def test_a_day_between_begins_anew_also_where_the_one_before_was_ended():
    late = noon(date(2027, 5, 20))
    assert insured_since(late, [FIRST]) == late
    ended = cover(date(2026, 5, 19), until=date(2027, 5, 1))
    assert insured_since(SECOND.starts_at, [ended]) == SECOND.starts_at
    assert insured_since(noon(date(2027, 5, 1)), [ended]) == ended.starts_at


def test_two_beside_each_other_wait_each():
    beside = noon(date(2026, 8, 1))
    assert insured_since(beside, [FIRST]) == beside


def test_who_waits_and_until_when():
    products = {
        slug: parse_product(data) for slug, data in load_files(Path(__file__).parents[2] / "portal" / "catalogue")
    }
    life, hospital = products["muerte-accidental"], products["renta-hospitalaria"]
    since = FIRST.starts_at
    assert over_at(life, life.coverage("muerte-accidental"), since, Cause.ACCIDENT) is None
    stay = hospital.coverage("renta-diaria")
    assert over_at(hospital, stay, since, Cause.ACCIDENT) is None
    assert over_at(hospital, stay, since, None) == since + timedelta(days=30)
