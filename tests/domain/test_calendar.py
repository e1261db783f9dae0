"""When cover begins and ends: noon to noon, Lima time, never before the payment was approved."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.calendar import (
    check_chosen_start,
    cover_end,
    cover_start,
    first_noon_after,
    latest_start,
    noon,
)
from portal.domain.clock import LIMA, lima
from portal.domain.errors import DomainError

TODAY = date(2026, 11, 22)
moments = st.integers(0, 16 * 365 * 86_400).map(lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=LIMA)


@pytest.mark.parametrize(
    ("approved", "starts"),
    [
        (at(2026, 11, 22, 11, 59, 59), at(2026, 11, 22, 12)),
        (at(2026, 11, 22, 12, 0, 0), at(2026, 11, 23, 12)),
        (at(2026, 11, 22, 12, 0, 1), at(2026, 11, 23, 12)),
        (at(2026, 11, 22, 0, 0), at(2026, 11, 22, 12)),
        (at(2026, 12, 31, 23, 59, 59), at(2027, 1, 1, 12)),
        (datetime(2026, 11, 23, 3, 0, tzinfo=UTC), at(2026, 11, 23, 12)),  # 22:00 of the 22nd in Lima
        (datetime(2026, 11, 22, 16, 59, 59, tzinfo=UTC), at(2026, 11, 22, 12)),
    ],
)
def test_cover_starts_at_the_first_noon_in_lima_after_approval(approved, starts):
    assert first_noon_after(approved) == starts
    assert cover_start(approved, None) == starts


@given(moments)
def test_the_first_noon_is_later_than_approval_and_at_most_a_day_away(approved):
    starts = first_noon_after(approved)
    assert approved < starts <= approved + timedelta(days=1)
    assert (lima(starts).hour, lima(starts).minute, lima(starts).second) == (12, 0, 0)


@pytest.mark.parametrize(
    ("chosen", "starts"),
    [
        (date(2026, 12, 10), at(2026, 12, 10, 12)),
        (date(2026, 11, 23), at(2026, 11, 23, 12)),
        (date(2026, 11, 22), at(2026, 11, 23, 12)),  # approved at 18:00: that noon is past
        (date(2026, 11, 1), at(2026, 11, 23, 12)),  # chosen long ago, paid late
    ],
)
def test_a_chosen_day_counts_unless_approval_came_after_its_noon(chosen, starts):
    assert cover_start(at(2026, 11, 22, 18), chosen) == starts


@given(moments, st.none() | st.dates(date(2024, 1, 1), date(2040, 1, 1)))
def test_cover_never_starts_before_approval(approved, chosen):
    assert cover_start(approved, chosen) > approved


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        (at(2026, 11, 23, 12), at(2027, 11, 23, 12)),
        (at(2028, 2, 29, 12), at(2029, 2, 28, 12)),
        (at(2027, 2, 28, 12), at(2028, 2, 28, 12)),
        (at(2027, 3, 1, 12), at(2028, 3, 1, 12)),
    ],
)
def test_cover_ends_at_noon_of_the_same_day_a_year_later(starts, ends):
    assert cover_end(starts) == ends
    assert cover_end(starts.astimezone(UTC)) == ends


@pytest.mark.parametrize("chosen", [date(2026, 11, 23), date(2026, 12, 22)])
def test_tomorrow_and_the_thirtieth_day_may_be_chosen(chosen):
    check_chosen_start(chosen, TODAY)


@pytest.mark.parametrize("chosen", [date(2026, 11, 21), TODAY, date(2026, 12, 23)])
def test_today_the_past_and_the_thirty_first_day_may_not(chosen):
    with pytest.raises(DomainError, match="entre mañana y el 22/12/2026") as refused:
        check_chosen_start(chosen, TODAY)
    assert refused.value.field == "inicio"


def test_the_latest_start_is_the_day_after_a_payment_on_the_quotes_last_day():
    assert latest_start(TODAY, None) == date(2026, 12, 8)
    last_moment = at(2026, 12, 7, 23, 59, 59)
    assert cover_start(last_moment, None) == noon(latest_start(TODAY, None))


def test_a_chosen_day_after_that_is_the_latest_start():
    assert latest_start(TODAY, date(2026, 12, 20)) == date(2026, 12, 20)
    assert latest_start(TODAY, date(2026, 11, 23)) == date(2026, 12, 8)
