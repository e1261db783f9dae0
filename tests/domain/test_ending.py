"""Ending a policy: by which right, from when, and for how much money."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.calendar import cover_end, noon
from portal.domain.clock import LIMA
from portal.domain.ending import Right, can_withdraw, end, ends_from, withdrawal_until
from portal.domain.policy import Cover

PRICE = Decimal("72.92")
START = noon(date(2026, 5, 18))
COVER = Cover(START, cover_end(START), None)


def at(day: str, hour: str = "10:26") -> datetime:
    return datetime.strptime(f"{day} {hour}", "%d/%m/%Y %H:%M").replace(tzinfo=LIMA)


@pytest.mark.parametrize(
    ("moment", "right", "until", "left", "refund"),
    [
        # The drawing's own case: nothing is covered from today's noon on.
        (at("14/09/2026"), Right.WITHOUT_CAUSE, noon(date(2026, 9, 14)), 246, "49.15"),
        (at("14/09/2026", "11:59"), Right.WITHOUT_CAUSE, noon(date(2026, 9, 14)), 246, "49.15"),
        (at("14/09/2026", "12:00"), Right.WITHOUT_CAUSE, noon(date(2026, 9, 15)), 245, "48.95"),
        (at("14/09/2026", "23:59"), Right.WITHOUT_CAUSE, noon(date(2026, 9, 15)), 245, "48.95"),
        # Before it begins, and on the day itself.
        (at("01/05/2026"), Right.WITHOUT_CAUSE, None, 365, "72.92"),
        (at("18/05/2026", "11:59"), Right.WITHDRAWAL, None, 365, "72.92"),
        (at("18/05/2026", "12:00"), Right.WITHOUT_CAUSE, noon(date(2026, 5, 19)), 364, "72.72"),
        # Withdrawn, all of it comes back, however long it protected.
        (at("25/05/2026"), Right.WITHDRAWAL, noon(date(2026, 5, 25)), 358, "72.92"),
        # Its last day.
        (at("16/05/2027", "13:00"), Right.WITHOUT_CAUSE, noon(date(2027, 5, 17)), 1, "0.20"),
        (at("17/05/2027", "13:00"), Right.WITHOUT_CAUSE, noon(date(2027, 5, 18)), 0, "0.00"),
    ],
)
def test_an_end_to_the_cent_and_the_day(moment, right, until, left, refund):
    found = end(COVER, right, premium=PRICE, kept=PRICE, moment=moment)
    assert (found.until, found.term.left, found.refund) == (until, left, Decimal(refund))
    assert found.effective_at == (until or moment)


def test_a_term_that_begins_on_29_february_ends_on_the_28th():
    begins = noon(date(2028, 2, 29))
    cover = Cover(begins, cover_end(begins), None)
    found = end(cover, Right.WITHOUT_CAUSE, premium=PRICE, kept=PRICE, moment=at("01/03/2028", "09:00"))
    assert (found.term.days, found.term.left, found.refund) == (365, 364, Decimal("72.72"))


def test_no_more_goes_back_than_was_kept():
    kept = Decimal("10.00")  # after an earlier refund
    assert end(COVER, Right.WITHOUT_CAUSE, premium=PRICE, kept=kept, moment=at("14/09/2026")).refund == kept
    assert end(COVER, Right.WITHDRAWAL, premium=PRICE, kept=kept, moment=at("20/05/2026")).refund == kept


def test_what_never_begins_ends_at_once():
    assert ends_from(COVER, at("17/05/2026", "12:00")) == at("17/05/2026", "12:00")


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        (at("18/05/2026", "09:00"), True),
        (at("02/06/2026", "23:59"), True),  # the fifteenth day, the day of delivery not counted
        (at("03/06/2026", "00:00"), False),
    ],
)
def test_the_days_to_withdraw_run_from_the_delivery_and_end_at_midnight_in_lima(moment, holds):
    until = withdrawal_until(at("18/05/2026", "23:59"), 15)
    assert can_withdraw(until, accrued=False, moment=moment) is holds


@pytest.mark.parametrize(
    ("held", "last"),
    [
        (
            [("30/05/2026", "08/06/2026")],
            "11/06/2026",
        ),  # eleven days had run: four are left, from the day of its end on
        ([("02/06/2026", "03/06/2026")], "03/06/2026"),  # over the last midnight: the day of its end
        ([("25/05/2026", "25/05/2026")], "02/06/2026"),  # it ended before the day did
        ([("03/06/2026", "30/06/2026")], "02/06/2026"),  # the days were over
        ([("18/05/2026", "19/05/2026"), ("20/05/2026", "22/05/2026"), ("21/05/2026", "23/05/2026")], "05/06/2026"),
    ],
)
def test_the_days_stand_still_while_something_of_ours_stands_in_the_way(held, last):
    stopped = [(at(first, "10:00"), at(until, "10:00")) for first, until in held]
    found = withdrawal_until(at("18/05/2026", "23:59"), 15, stopped)
    assert found == at(last, "00:00") + timedelta(days=1)


def test_without_proof_of_delivery_the_days_have_not_begun():
    assert withdrawal_until(None, 15) is None
    assert can_withdraw(None, accrued=False, moment=START + timedelta(days=300))


def test_a_benefit_that_was_approved_ends_the_right_to_withdraw():
    assert not can_withdraw(None, accrued=True, moment=START)


soles = st.decimals(min_value=0, max_value=300, places=2)


@given(soles, soles, st.decimals(min_value=-80, max_value=80, places=2), st.integers(0, 365), st.sampled_from(Right))
def test_the_lines_of_the_account_always_add_up(premium, kept, ahead, days, right):
    """What its holder reads, line by line: the days that are left, another plan's, and what is over what was kept."""
    moment = START + timedelta(days=days, hours=-1)
    found = end(COVER, right, premium=premium, kept=kept, moment=moment, ahead=ahead)
    assert found.unearned == found.term.unearned(premium)
    counted = kept if right is Right.WITHDRAWAL else found.unearned
    assert counted + sum(amount for _, amount in found.lines) == found.refund <= kept
    assert all(amount for _, amount in found.lines)


@pytest.mark.parametrize(
    ("moment", "until", "left", "refund"),
    [
        # A cover with a 29 February in it has 366 days, and that day is one of them.
        (at("28/02/2028", "09:00"), noon(date(2028, 2, 28)), 80, "15.94"),
        (at("28/02/2028", "12:00"), noon(date(2028, 2, 29)), 79, "15.74"),
        (at("29/02/2028", "11:59"), noon(date(2028, 2, 29)), 79, "15.74"),
        (at("29/02/2028", "12:00"), noon(date(2028, 3, 1)), 78, "15.54"),
    ],
)
def test_an_end_around_29_february(moment, until, left, refund):
    begins = noon(date(2027, 5, 18))
    cover = Cover(begins, cover_end(begins), None)
    found = end(cover, Right.WITHOUT_CAUSE, premium=PRICE, kept=PRICE, moment=moment)
    assert (found.until, found.term.days, found.term.left, found.refund) == (until, 366, left, Decimal(refund))
