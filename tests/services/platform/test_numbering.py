"""Numbers from a counter row: no gaps, no repeats, given back when nothing comes of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from portal.domain import clock as portal_clock
from portal.domain.clock import LIMA
from portal.models.transaction import writing
from portal.services.platform.numbering import last_value, next_number, next_value
from tests.services.at_once import at_once


def take() -> int:
    with writing():
        return next_value("series")


def test_many_at_once_get_each_number_once(app):
    assert sorted(at_once(app, 16, lambda _: take())) == list(range(1, 17))


def test_a_number_is_given_back_when_its_transaction_rolls_back(call):
    def in_vain() -> None:
        with writing():
            next_value("series")
            next_value("series")
            raise LookupError

    assert call(take) == 1
    with pytest.raises(LookupError):
        call(in_vain)
    assert call(last_value, "series") == 1
    assert call(take) == 2


def test_some_of_many_that_roll_back_at_once_leave_no_gap(app, call):
    def take_or_fail(number: int) -> int:
        with writing():
            value = next_value("series")
            if number % 3 == 0:
                raise LookupError
            return value

    taken = [answer for answer in at_once(app, 15, take_or_fail) if isinstance(answer, int)]
    assert sorted(taken) == list(range(1, 11))
    assert call(last_value, "series") == 10


def test_series_count_by_themselves(call):
    def one_of_each() -> tuple[int, int]:
        with writing():
            return next_value("a"), next_value("b")

    assert call(one_of_each) == (1, 1)
    assert call(last_value, "c") is None


def test_a_series_begins_anew_with_the_year_in_lima(call, clock):
    year = portal_clock.today().year
    new_year = datetime(year + 1, 1, 1, tzinfo=LIMA)

    def number_at(moment: datetime) -> str:
        clock()
        clock(seconds=(moment - portal_clock.now()).total_seconds())

        def use_case() -> str:
            with writing():
                return next_number("MA")

        return call(use_case)

    assert number_at(new_year - timedelta(minutes=2)) == f"MA-{year}-000001"  # past midnight in UTC
    assert number_at(new_year - timedelta(minutes=1)) == f"MA-{year}-000002"
    assert number_at(new_year + timedelta(minutes=1)) == f"MA-{year + 1}-000001"
