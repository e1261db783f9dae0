"""How long a confirmation counts, and when a quote has run out."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.confirmation import CONFIRMATION_LIFE, confirmed_until, still_confirmed
from portal.domain.quote import QuoteState, state_on

GIVEN = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("later", "counts"),
    [
        (timedelta(0), True),
        (timedelta(minutes=29, seconds=59), True),
        (timedelta(minutes=30), False),
        (timedelta(days=1), False),
    ],
)
def test_a_confirmation_counts_for_thirty_minutes(later, counts):
    assert still_confirmed(GIVEN, GIVEN + later) is counts


def test_what_was_never_confirmed_does_not_count():
    assert not still_confirmed(None, GIVEN)
    assert confirmed_until(None) is None


def test_its_end_is_known_beforehand():
    assert confirmed_until(GIVEN) == GIVEN + CONFIRMATION_LIFE == GIVEN + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("stored", "later", "seen"),
    [
        (QuoteState.VALID, timedelta(0), QuoteState.VALID),
        (QuoteState.VALID, timedelta(seconds=1), QuoteState.EXPIRED),
        (QuoteState.BOUGHT, timedelta(days=400), QuoteState.BOUGHT),
    ],
)
def test_only_a_valid_quote_runs_out_and_only_after_its_last_moment(stored, later, seen):
    assert state_on(stored, GIVEN, GIVEN + later) is seen
