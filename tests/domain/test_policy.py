"""A policy's state follows from its dates."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.policy import PolicyState, count_words, is_near_end, state_on

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


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([PolicyState.PENDING], "1 póliza, por empezar"),
        ([PolicyState.ACTIVE], "1 póliza, activa"),
        ([PolicyState.EXPIRED] * 2, "2 pólizas: 2 vencidas"),
        (
            [PolicyState.ANNULLED, PolicyState.ACTIVE, PolicyState.PENDING],
            "3 pólizas: 1 activa, 1 por empezar, 1 anulada",
        ),
    ],
)
def test_policies_are_counted_in_words_that_agree_with_their_number(states, words):
    assert count_words(states) == words


@pytest.mark.parametrize(
    ("left", "state", "near"),
    [
        (timedelta(days=30), PolicyState.ACTIVE, True),
        (timedelta(days=30) + SECOND, PolicyState.ACTIVE, False),
        (timedelta(days=1), PolicyState.PENDING, False),
        (timedelta(days=1), PolicyState.ANNULLED, False),
        (-SECOND, PolicyState.EXPIRED, False),
    ],
)
def test_only_what_protects_now_is_near_its_end(left, state, near):
    assert is_near_end(END, state, END - left) is near
