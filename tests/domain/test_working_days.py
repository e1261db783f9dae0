"""Which days are worked in Peru, by the table of holidays and by what another table of them says."""

from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path

import holidays as elsewhere
import pytest

from portal.domain.catalogue import CatalogueError
from portal.domain.catalogue.files import read_toml
from portal.domain.working_days import easter, parse_holidays

DATA = read_toml(Path(__file__).parents[2] / "portal" / "catalogue" / "holidays.toml")
PERU = parse_holidays(DATA)


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2028, date(2028, 4, 16)),
        (2038, date(2038, 4, 25)),  # the latest there is
        (2285, date(2285, 3, 22)),  # the earliest
    ],
)
def test_easter_is_where_the_church_has_it(year, day):
    assert easter(year) == day


@pytest.mark.parametrize("year", range(2024, 2041))
def test_the_holidays_of_a_year_are_those_that_others_list(year):
    theirs = {
        day
        for day, name in elsewhere.country_holidays("PE", years=year, language="es").items()
        if name != "Domingo de Resurrección"
    }
    ours = {one.in_year(year) for one in PERU.holidays}
    assert ours == theirs
    assert len(ours) == 16


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 11, 30), True),  # Monday
        (date(2026, 12, 5), False),  # Saturday
        (date(2026, 12, 8), False),
        (date(2026, 12, 9), False),
        (date(2026, 4, 1), True),  # Wednesday of Holy Week
        (date(2026, 4, 2), False),
        (date(2026, 4, 3), False),
        (date(2021, 12, 9), True),  # before Ley 31381
        (date(2024, 7, 23), False),
        (date(2026, 6, 29), False),
        (date(2026, 11, 2), True),  # 1 November fell on a Sunday, and does not move
    ],
)
def test_a_day_is_worked_or_not(day, worked):
    assert PERU.is_working_day(day) is worked


@pytest.mark.parametrize(
    ("after", "until", "days"),
    [
        (date(2026, 12, 4), date(2026, 12, 10), 2),  # Friday to Thursday over two holidays: Monday and Thursday
        (date(2026, 12, 4), date(2026, 12, 6), 0),  # a weekend
        (date(2026, 12, 10), date(2026, 12, 10), 0),
        (date(2026, 12, 11), date(2026, 12, 10), 0),
        (date(2026, 12, 31), date(2027, 1, 4), 1),  # over the year's end
        (date(2028, 2, 28), date(2028, 3, 1), 2),  # 29 February is a Tuesday
    ],
)
def test_working_days_are_counted_from_the_day_after(after, until, days):
    assert PERU.working_days_between(after, until) == days


def test_the_nth_working_day_is_the_first_by_which_as_many_have_passed():
    start = date(2026, 12, 4)
    for count in range(1, 60):
        day = PERU.nth_working_day(start, count)
        assert PERU.is_working_day(day)
        assert PERU.working_days_between(start, day) == count
        assert PERU.working_days_between(start, day - timedelta(days=1)) == count - 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"day": "02-29"}, 'must be month and day like "07-28"'),
        ({"day": "28-07"}, "must be month and day"),
        ({"day": "04-31"}, "must be month and day"),
        ({"dia": "07-28"}, r"holidays\[1\]\.dia: is not a known key"),
        ({"before_easter": 3}, r"holidays\[1\]\.day: is not a known key"),
    ],
)
def test_a_mistake_in_the_table_says_its_place(change, message):
    data = deepcopy(DATA)
    data["holidays"][0].update(change)
    with pytest.raises(CatalogueError, match=message):
        parse_holidays(data)
