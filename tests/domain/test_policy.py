"""A policy's state follows from its dates."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.policy import PolicyState, state_on

START = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
END = datetime(2027, 11, 23, 17, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (START - SECOND, PolicyState.PENDING),
        (START, PolicyState.ACTIVE),
        (END - SECOND, PolicyState.ACTIVE),
        (END, PolicyState.EXPIRED),
    ],
)
def test_cover_includes_its_first_noon_and_not_its_last(moment, state):
    assert state_on(START, END, None, moment) is state


@pytest.mark.parametrize("moment", [START - SECOND, START + SECOND, END + SECOND])
def test_an_annulled_policy_is_annulled_from_that_moment_on_whatever_its_dates(moment):
    assert state_on(START, END, moment, moment) is PolicyState.ANNULLED


def test_an_annulment_to_come_changes_nothing_yet():
    assert state_on(START, END, START + 2 * SECOND, START + SECOND) is PolicyState.ACTIVE
