"""What of a premium is earned by the days that ran: to the cent."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.calendar import cover_end, noon
from portal.domain.premium import Term, newest_first, term_from

PRICE = Decimal("72.92")
START = noon(date(2026, 5, 18))

cents = st.decimals(min_value=0, max_value=2000, places=2)


@pytest.mark.parametrize(
    ("start", "moment", "days", "left"),
    [
        (date(2026, 5, 18), date(2026, 9, 14), 365, 246),
        (date(2026, 5, 18), date(2026, 5, 18), 365, 365),
        (date(2026, 5, 18), date(2027, 5, 17), 365, 1),
        (date(2026, 5, 18), date(2027, 5, 18), 365, 0),
        (date(2026, 5, 18), date(2026, 5, 1), 365, 365),  # before it starts
        (date(2027, 5, 18), date(2028, 2, 29), 366, 79),
        (date(2028, 2, 29), date(2028, 3, 1), 365, 364),  # ends on 28/02
    ],
)
def test_the_days_of_a_term_and_those_that_are_left(start, moment, days, left):
    begins = noon(start)
    assert term_from(noon(moment), begins, cover_end(begins)) == Term(days, left)


def test_a_premium_is_returned_by_whole_days_half_up():
    assert Term(365, 246).unearned(PRICE) == Decimal("49.15")
    assert Term(365, 365).unearned(PRICE) == PRICE
    assert Term(365, 0).unearned(PRICE) == Decimal("0.00")
    assert Term(365, 200).unearned(Decimal("73.00")) == Decimal("40.00")
    assert Term(200, 1).unearned(Decimal("1.00")) == Decimal("0.01"), "half a cent goes up"


@given(cents, st.integers(0, 365))
def test_what_is_returned_and_what_was_earned_are_the_premium(premium, left):
    back = Term(365, left).unearned(premium)
    assert 0 <= back <= premium
    assert abs((premium - back) - premium * (365 - left) / 365) <= Decimal("0.005")


@given(st.lists(cents, max_size=4), st.integers(0, 100))
def test_the_newest_charge_is_returned_first_and_none_more_than_is_left(left, hundredths):
    amount = (sum(left, Decimal(0)) * hundredths / 100).quantize(Decimal("0.01"))
    parts = newest_first(amount, left)
    assert sum(parts, Decimal(0)) == amount
    assert all(0 <= part <= most for part, most in zip(parts, left, strict=True))
    for place, part in enumerate(parts):
        assert not part or parts[place + 1 :] == left[place + 1 :], "an older one waits for the newer ones"


def test_more_than_was_paid_is_never_returned():
    with pytest.raises(ValueError, match="more than was paid"):
        newest_first(Decimal("10.01"), [Decimal(6), Decimal(4)])
