"""Agencies: what the file may say, when they open, and until when a slip can be paid. Hours are Lima's."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import holidays
import pytest

from portal.domain.agencies import parse_agencies
from portal.domain.catalogue import CatalogueError
from portal.domain.catalogue.files import read_toml
from portal.domain.clock import LIMA

FILE = Path(__file__).parents[2] / "portal" / "agencies.toml"
OFFICE = "Mo-Fr 09:00-18:00; Sa 09:00-13:00"
LONG = timedelta(days=15)


def lima(text):
    """`18/05/2026 10:42` on Lima's clock."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=LIMA)


def data(**changed):
    agency = {"code": "CUS-1", "name": "Agencia", "address": "Av. El Sol 457", "district": "080101", "hours": OFFICE}
    return {"closed_days": [date(2026, 7, 28), date(2026, 7, 29)], "agencies": [agency | changed]}


def agency(hours=OFFICE, district="080101"):
    return parse_agencies(data(hours=hours, district=district))[0]


def test_the_file_has_agencies_all_over_the_country():
    agencies = parse_agencies(read_toml(FILE))

    assert len(agencies) >= 14
    assert len({one.department for one in agencies}) >= 8
    assert all(any(one.week) for one in agencies)


@pytest.mark.parametrize("year", [2026, 2027, 2028])
def test_closed_days_are_the_national_holidays(year):
    closed = parse_agencies(read_toml(FILE))[0].closed_days

    assert {day for day in closed if day.year == year} == set(holidays.country_holidays("PE", years=year))


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (OFFICE, "Lunes a viernes de 9:00 a 18:00, sábado de 9:00 a 13:00"),
        ("Mo-Fr 09:00-17:00", "Lunes a viernes de 9:00 a 17:00"),
        ("Sa-Su 08:30-12:30", "Sábado y domingo de 8:30 a 12:30"),
        ("Mo 09:00-18:00; We-Th 09:00-18:00", "Lunes de 9:00 a 18:00, miércoles y jueves de 9:00 a 18:00"),
        ("Mo 09:00-18:00; Tu-Sa 09:00-18:00", "Lunes a sábado de 9:00 a 18:00"),
    ],
)
def test_hours_are_said_in_words(hours, words):
    said = agency(hours).opening_words
    assert said.replace("\xa0", " ") == words
    # The two hours stay on one line.
    assert "00 a " not in said
    assert "30 a " not in said


@pytest.mark.parametrize(
    ("district", "place"),
    [
        ("080101", "Av. El Sol 457, Cusco"),
        ("080601", "Av. El Sol 457, Sicuani, Canchis, Cusco"),
        ("150132", "Av. El Sol 457, San Juan de Lurigancho, Lima"),
    ],
)
def test_a_place_says_each_name_once(district, place):
    assert agency(district=district).place == place


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("18/05/2026 08:59", False),
        ("18/05/2026 09:00", True),
        ("18/05/2026 18:00", True),  # the closing hour itself
        ("18/05/2026 18:01", False),
        ("23/05/2026 13:00", True),  # Saturday
        ("23/05/2026 13:01", False),
        ("24/05/2026 10:00", False),  # Sunday
        ("28/07/2026 10:00", False),  # holiday on a Tuesday
    ],
)
def test_it_receives_people_in_its_hours_only(moment, is_open):
    assert agency().is_open(lima(moment)) is is_open


def test_its_hours_are_limas_whatever_the_clock():
    assert agency().is_open(datetime(2026, 5, 18, 23, 0, tzinfo=UTC))  # 18:00 in Lima
    assert not agency().is_open(datetime(2026, 5, 18, 13, 59, tzinfo=UTC))  # 8:59


@pytest.mark.parametrize(
    ("made", "deadline"),
    [
        ("18/05/2026 10:42", "21/05/2026 10:42"),  # Monday to Thursday: three days to the minute
        ("18/05/2026 18:00", "21/05/2026 18:00"),  # the closing hour itself
        ("18/05/2026 18:01", "21/05/2026 18:00"),  # past it: that day's closing
        ("18/05/2026 23:59", "21/05/2026 18:00"),  # the last minute of Lima's day
        ("19/05/2026 00:00", "21/05/2026 18:00"),  # and the first of the next: it opens on the 22nd only later
        ("19/05/2026 09:00", "22/05/2026 09:00"),  # the opening hour itself
        ("20/05/2026 12:59", "23/05/2026 12:59"),  # Saturday
        ("20/05/2026 13:01", "23/05/2026 13:00"),
        ("21/05/2026 10:00", "23/05/2026 13:00"),  # Sunday: back to Saturday's closing
        ("22/05/2026 08:00", "23/05/2026 13:00"),  # Monday before it opens
        ("22/05/2026 10:00", "25/05/2026 10:00"),
        ("25/07/2026 10:00", "27/07/2026 18:00"),  # two holidays: back to the last closing before them
        ("26/07/2026 10:00", "27/07/2026 18:00"),
    ],
)
def test_three_days_always_at_an_hour_at_which_it_opens(made, deadline):
    due_at = agency().pay_by(lima(made), lima(made) + LONG)

    assert due_at == lima(deadline)
    assert agency().is_open(due_at)


@pytest.mark.parametrize(
    ("made", "quote_ends", "deadline"),
    [
        ("18/05/2026 10:42", "19/05/2026 23:59", "19/05/2026 18:00"),
        ("18/05/2026 10:42", "19/05/2026 11:00", "19/05/2026 11:00"),
        ("18/05/2026 10:42", "18/05/2026 23:59", "18/05/2026 18:00"),
        ("18/05/2026 10:42", "21/05/2026 10:42", "21/05/2026 10:42"),
        ("18/05/2026 18:00", "18/05/2026 23:59", None),  # it closes this very minute
        ("18/05/2026 18:30", "18/05/2026 23:59", None),
        ("18/05/2026 06:00", "18/05/2026 08:30", None),  # it opens at nine
        ("24/05/2026 10:00", "24/05/2026 23:59", None),  # Sunday
        ("28/07/2026 10:00", "29/07/2026 23:59", None),  # holidays
        ("18/05/2026 10:42", "17/05/2026 23:59", None),  # the quote is over
    ],
)
def test_never_past_the_quotes_validity(made, quote_ends, deadline):
    assert agency().pay_by(lima(made), lima(quote_ends)) == (lima(deadline) if deadline else None)


def test_an_agency_that_stays_closed_for_three_days_gives_none():
    office = agency("Mo-Th 09:00-18:00")

    assert office.pay_by(lima("21/05/2026 18:05"), lima("21/05/2026 18:05") + LONG) is None


def test_a_deadline_is_a_whole_minute():
    made = lima("18/05/2026 10:42") + timedelta(seconds=37)

    assert agency().pay_by(made, made + LONG) == lima("21/05/2026 10:42")


def test_a_deadline_in_utc_is_the_same_moment():
    made = datetime(2026, 5, 19, 4, 30, tzinfo=UTC)  # Monday 18th, 23:30 in Lima

    assert agency().pay_by(made, made + LONG) == lima("21/05/2026 18:00")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"code": "cusco"}, "must be like CUS-1"),
        ({"district": "089999"}, "no district of INEI"),
        ({"hours": "always"}, "must be like"),
        ({"hours": "Xx-Fr 09:00-18:00"}, "must be like"),
        ({"hours": "Mo-Fr 09:00-25:00"}, "must be like"),
        ({"hours": "Fr-Mo 09:00-18:00"}, "ends before it begins"),
        ({"hours": "Mo-Fr 18:00-09:00"}, "ends before it begins"),
        ({"hours": "Mo-Fr 09:00-18:00; Fr 09:00-13:00"}, "repeats a day"),
        ({"phone": "1"}, "not a known key"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(changed, problem):
    with pytest.raises(CatalogueError, match=problem):
        parse_agencies(data(**changed))


def test_a_code_is_one_agencys():
    twice = data()
    twice["agencies"] = [*twice["agencies"], *twice["agencies"]]

    with pytest.raises(CatalogueError, match="CUS-1 is there twice"):
        parse_agencies(twice)


@pytest.mark.parametrize("days", [[], ["2026-07-28"], [date(2026, 7, 29), date(2026, 7, 28)]])
def test_closed_days_are_dates_in_their_order(days):
    with pytest.raises(CatalogueError, match="closed_days"):
        parse_agencies(data() | {"closed_days": days})


def test_hours_of_one_day_are_one_stretch():
    monday, *_, sunday = agency().week

    assert (monday.opens, monday.closes, sunday) == (time(9), time(18), None)
