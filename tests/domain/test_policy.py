"""A policy's state follows from its dates, and what it says from its endorsements."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.policy import (
    POLICY_NAMES,
    Cover,
    EndorsementKind,
    Matter,
    PolicyState,
    cancellation,
    cancelled_from,
    count_words,
    standing,
    state_called,
)

START = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
END = datetime(2027, 11, 23, 17, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
NEVER = None


@dataclass(frozen=True)
class Written:
    number: int
    kind: EndorsementKind
    effective_at: datetime


ZERO = Written(0, EndorsementKind.ISSUE, START)


def plan(number: int, effective_at: datetime) -> Written:
    return Written(number, EndorsementKind.PLAN_CHANGE, effective_at)


def named(number: int, effective_at: datetime) -> Written:
    return Written(number, EndorsementKind.BENEFICIARY_CHANGE, effective_at)


def ended(number: int, effective_at: datetime) -> Written:
    return Written(number, EndorsementKind.CANCELLATION, effective_at)


@pytest.mark.parametrize(
    ("cancelled_at", "said"),
    [
        (NEVER, None),
        (START, "Esta póliza no llega a empezar."),
        (START + SECOND, "Esta póliza ya terminó: protegió hasta el 23/11/2026."),
        (START + 2 * DAY, "Esta póliza ya terminó: protegió hasta el 25/11/2026."),
        (START + 2 * DAY + SECOND, "Esta póliza ya va a terminar: protege hasta el 25/11/2026."),
    ],
)
def test_an_end_before_its_time_is_told_with_its_day(cancelled_at: datetime | None, said: str | None) -> None:
    assert Cover(START, END, cancelled_at).early_end(START + 2 * DAY) == said


def test_an_end_dated_after_the_term_gives_it_no_day_more() -> None:
    said = Cover(START, END, END + 20 * DAY).early_end(END + 30 * DAY)
    assert said == "Esta póliza ya terminó: protegió hasta el 23/11/2027."


def terms_at(moment: datetime, *changes: Written, matter: Matter = Matter.TERMS) -> int:
    """The number of the endorsement in force."""
    history = [ZERO, *changes]
    return Cover(START, END, cancelled_from(history)).in_force_at(matter, history, moment).number


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
    assert Cover(START, END, NEVER).state_at(moment) is state


@pytest.mark.parametrize("moment", [START - SECOND, START + SECOND, END + SECOND])
def test_a_cancelled_policy_is_cancelled_from_that_moment_on_whatever_its_dates(moment):
    assert Cover(START, END, moment).state_at(moment) is PolicyState.CANCELLED


def test_a_cancellation_to_come_changes_nothing_yet():
    assert Cover(START, END, START + 2 * SECOND).state_at(START + SECOND) is PolicyState.ACTIVE


@pytest.mark.parametrize(
    ("cancelled_at", "until"),
    [(NEVER, END), (START + DAY, START + DAY), (START - DAY, START - DAY), (END, END), (END + DAY, END)],
)
def test_cover_lasts_until_its_term_or_its_cancellation_whichever_is_first(cancelled_at, until):
    assert Cover(START, END, cancelled_at).until == until


def test_the_first_cancellation_to_take_effect_holds_whichever_was_written_first():
    history = [ZERO, ended(1, START + 3 * DAY), ended(2, START + DAY), ended(3, START + DAY), ended(4, START + 2 * DAY)]
    assert cancellation(history) == ended(2, START + DAY)
    assert cancelled_from(history) == START + DAY


def test_only_what_states_an_end_cancels():
    history = [ZERO, plan(1, START), named(2, START)]
    assert cancellation(history) is None
    assert cancelled_from(history) is None


@pytest.mark.parametrize("moment", [START - DAY, START, END + DAY])
def test_what_was_issued_holds_from_the_beginning_on_until_something_else_does(moment):
    assert terms_at(moment) == 0
    assert terms_at(moment, matter=Matter.BENEFICIARIES) == 0


def test_a_change_to_come_holds_from_its_very_moment_on():
    tomorrow = START + DAY
    assert [terms_at(moment, plan(1, tomorrow)) for moment in (tomorrow - SECOND, tomorrow, tomorrow + DAY)] == [
        0,
        1,
        1,
    ]


def test_a_change_dated_before_the_start_of_cover_is_not_undone_by_it():
    assert terms_at(START, plan(1, START - DAY)) == 1


def test_the_latest_date_holds_even_when_it_was_written_before():
    to_come, back_dated = plan(1, START + 3 * DAY), plan(2, START + DAY)
    assert terms_at(START + 2 * DAY, to_come, back_dated) == 2
    assert terms_at(START + 3 * DAY, to_come, back_dated) == 1


def test_of_two_of_the_same_moment_the_one_written_last_holds():
    assert terms_at(START + DAY, plan(1, START + DAY), plan(2, START + DAY)) == 2


def test_each_endorsement_changes_only_what_it_states():
    changes = plan(1, START + DAY), named(2, START + 2 * DAY), ended(3, START + 4 * DAY)
    assert terms_at(START + 3 * DAY, *changes) == 1
    assert terms_at(START + 3 * DAY, *changes, matter=Matter.BENEFICIARIES) == 2


@pytest.mark.parametrize("end", [START + DAY, END])
def test_what_is_dated_when_cover_has_ended_never_takes_effect(end):
    before, at_the_end = plan(1, end - SECOND), plan(2, end)
    cancelled = [] if end == END else [ended(3, end)]
    assert terms_at(END + DAY, before, at_the_end, *cancelled) == 1


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([PolicyState.PENDING], "1 póliza, por empezar"),
        ([PolicyState.ACTIVE], "1 póliza, activa"),
        ([PolicyState.EXPIRED] * 2, "2 pólizas: 2 vencidas"),
        (
            [PolicyState.CANCELLED, PolicyState.ACTIVE, PolicyState.PENDING],
            "3 pólizas: 1 activa, 1 por empezar, 1 anulada",
        ),
    ],
)
def test_policies_are_counted_in_words_that_agree_with_their_number(states, words):
    assert count_words(states) == words


def test_addresses_call_each_state_by_a_word_of_its_own():
    assert {state_called(words.word): state for state, words in POLICY_NAMES.items()} == {
        state: state for state in PolicyState
    }
    assert [state_called(word) for word in ("ACTIVA", "active", "")] == [None, None, None]


@pytest.mark.parametrize(
    ("moment", "cancelled_at", "words"),
    [
        (START - 3 * DAY, NEVER, "Por empezar. Empieza en 3 días, el 23/11/2026 al mediodía."),
        (START - DAY, NEVER, "Por empezar. Empieza mañana, el 23/11/2026 al mediodía."),
        (END - 12 * DAY, NEVER, "Activa. Termina en 12 días, el 23/11/2027 al mediodía."),
        (END - SECOND, NEVER, "Activa. Termina hoy, el 23/11/2027 al mediodía."),
        (START + DAY, START + 2 * DAY, "Activa. Termina mañana, el 25/11/2026 al mediodía."),
        (END + DAY, NEVER, "Vencida. Terminó el 23/11/2027."),
    ],
)
def test_how_it_stands_is_said_with_the_day_that_matters_next(moment, cancelled_at, words):
    assert standing(Cover(START, END, cancelled_at), moment) == words
