"""Until when a claim is decided and paid, at the edges of days, by the rule of each regime."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.domain.catalogue import ClaimLimits, ClaimRegime
from portal.domain.catalogue.files import read_toml
from portal.domain.claim_clock import (
    ClaimClock,
    Course,
    Running,
    Turn,
    TurnKind,
    appeal_until,
    course_of_appeal,
    ends,
    warning_to_send,
)
from portal.domain.clock import LIMA
from portal.domain.working_days import parse_holidays

CALENDAR = parse_holidays(read_toml(Path(__file__).parents[2] / "portal" / "catalogue" / "holidays.toml"))
LIMITS = ClaimLimits()
MICRO = ClaimClock(ClaimRegime.MICROINSURANCE, LIMITS, CALENDAR)
GENERAL = ClaimClock(ClaimRegime.GENERAL, LIMITS, CALENDAR)
CLAIMANT, DECISION, PAYMENT, NOTHING = Running.CLAIMANT, Running.DECISION, Running.PAYMENT, Running.NOTHING


def at(text: str) -> datetime:
    """A moment of Lima: `2026-11-30` is its noon, `2026-11-30 23:59` that minute."""
    moment = datetime.fromisoformat(text if ":" in text else f"{text} 12:00")
    return moment.replace(tzinfo=LIMA)


def course(turns: str = "", *, decided: str = "", approved: bool = False, paid: str = "") -> Course:
    """Turns as `complete 2026-11-30, observed 2026-12-02`."""
    read = [one.strip().split(" ", 1) for one in turns.split(",") if one.strip()]
    return Course(
        tuple(Turn(TurnKind[kind.upper()], at(moment)) for kind, moment in read),
        decided_at=at(decided) if decided else None,
        is_approved=approved,
        paid_at=at(paid) if paid else None,
    )


@pytest.mark.parametrize(
    ("turns", "now", "running", "waits", "decide_by", "pay_by"),
    [
        # Nothing handed in yet: no day runs, however long it takes.
        ("", "2026-11-30", CLAIMANT, True, None, None),
        ("", "2027-11-30", CLAIMANT, True, None, None),
        ("observed 2026-11-30", "2026-12-30", CLAIMANT, True, None, None),
        # Complete: the day itself is not counted, at its first minute or its last.
        ("complete 2026-11-30 00:00", "2026-11-30", DECISION, False, "2026-12-12", "2026-12-20"),
        ("complete 2026-11-30 23:59", "2026-12-01", DECISION, False, "2026-12-12", "2026-12-20"),
        ("complete 2026-12-01 00:00", "2026-12-01", DECISION, False, "2026-12-13", "2026-12-21"),
        # What was observed before is only not complete yet.
        ("observed 2026-11-20, complete 2026-11-30", "2026-12-01", DECISION, False, "2026-12-12", "2026-12-20"),
        # Complete, observed, complete: the first one holds, and the days run while papers are asked for.
        ("complete 2026-11-30, observed 2026-12-03", "2026-12-04", DECISION, True, "2026-12-12", "2026-12-20"),
        (
            "complete 2026-11-30, observed 2026-12-03, complete 2026-12-15",
            "2026-12-15",
            DECISION,
            False,
            "2026-12-12",
            "2026-12-20",
        ),
        # Over 29 February, and over the year's end.
        ("complete 2028-02-09", "2028-02-09", DECISION, False, "2028-02-21", "2028-02-29"),
        ("complete 2027-02-09", "2027-02-09", DECISION, False, "2027-02-21", "2027-03-01"),
        ("complete 2026-12-20", "2026-12-20", DECISION, False, "2027-01-01", "2027-01-09"),
    ],
)
def test_a_microinsurance_is_decided_and_paid_by_days_from_its_first_completeness(
    turns, now, running, waits, decide_by, pay_by
):
    standing = MICRO.standing(course(turns), at(now))
    assert (standing.running, standing.waits_for_claimant) == (running, waits)
    assert (standing.decide_by, standing.pay_by) == (
        decide_by and date.fromisoformat(decide_by),
        pay_by and date.fromisoformat(pay_by),
    )
    assert standing.deadline == standing.pay_by


@pytest.mark.parametrize(
    ("now", "left", "working", "warning", "overdue", "late"),
    [
        ("2026-11-30 12:00", 20, 12, None, False, 0),  # 8 and 9 December are holidays, and 20 December is a Sunday
        ("2026-12-09 23:59", 11, 7, None, False, 0),
        ("2026-12-10 00:00", 10, 6, 10, False, 0),
        ("2026-12-12 23:59", 8, 5, 10, False, 0),
        ("2026-12-13 00:00", 7, 5, 10, True, 0),
        ("2026-12-15 00:00", 5, 3, 5, True, 0),
        ("2026-12-18 00:00", 2, 0, 2, True, 0),
        ("2026-12-20 23:59", 0, 0, 2, True, 0),
        ("2026-12-21 00:00", 0, 0, 2, True, 1),
        ("2026-12-25 00:00", 0, 0, 2, True, 5),
    ],
)
def test_the_days_that_are_left_change_at_midnight_in_lima(now, left, working, warning, overdue, late):
    standing = MICRO.standing(course("complete 2026-11-30"), at(now))
    assert (standing.days_left, standing.working_days_left, standing.warning) == (left, working, warning)
    assert (standing.is_decision_overdue, standing.days_late, standing.is_late) == (overdue, late, late > 0)
    assert standing.due_at == at("2026-12-21 00:00")


def test_late_in_a_microinsurance_owes_interest_and_says_how_much():
    assert MICRO.standing(course("complete 2026-11-30"), at("2026-12-20")).late_words is None
    assert MICRO.standing(course("complete 2026-11-30"), at("2026-12-21")).late_words == (
        "Pasó 1 día del plazo de 20. La aseguradora debe, además, intereses de 1.5 veces la tasa activa promedio por "
        "esos días."
    )


def test_an_approved_microinsurance_keeps_its_day_of_payment():
    approved = course("complete 2026-11-30", decided="2026-12-10", approved=True)
    standing = MICRO.standing(approved, at("2026-12-16"))
    assert (standing.running, standing.pay_by, standing.days_left) == (PAYMENT, date(2026, 12, 20), 4)
    assert not standing.is_decision_overdue


def test_a_claim_approved_though_no_completeness_was_noted_is_paid_by_days_from_then():
    standing = MICRO.standing(course(decided="2026-12-10", approved=True), at("2026-12-10"))
    assert (standing.running, standing.pay_by) == (PAYMENT, date(2026, 12, 30))


@pytest.mark.parametrize("clock", [MICRO, GENERAL])
@pytest.mark.parametrize(
    "over",
    [
        course("complete 2026-11-30", decided="2026-12-10"),
        course("complete 2026-11-30", decided="2026-12-10", approved=True, paid="2026-12-14"),
        course(decided="2026-12-10"),
    ],
)
def test_nothing_runs_once_it_was_rejected_or_paid(clock, over):
    standing = clock.standing(over, at("2027-12-31"))
    assert (standing.running, standing.deadline, standing.days_left, standing.warning) == (NOTHING, None, None, None)
    assert (standing.is_late, standing.late_words, standing.waits_for_claimant) == (False, None, False)


def test_what_was_paid_late_stays_late_by_as_many_days():
    paid = course("complete 2026-11-30", decided="2026-12-10", approved=True, paid="2026-12-23")
    standing = MICRO.standing(paid, at("2027-06-01"))
    assert (standing.running, standing.days_late) == (NOTHING, 3)
    assert standing.late_words is not None


@pytest.mark.parametrize(
    ("turns", "now", "running", "decide_by", "pay_by"),
    [
        ("complete 2026-11-30", "2026-12-01", DECISION, "2026-12-30", "2027-01-29"),
        # Asked within the first 20 days: it stands still, and goes on with what was left.
        ("complete 2026-11-30, observed 2026-12-10", "2027-03-01", CLAIMANT, None, None),
        ("complete 2026-11-30, observed 2026-12-20 23:59", "2027-03-01", CLAIMANT, None, None),
        (
            "complete 2026-11-30, observed 2026-12-10, complete 2026-12-17",
            "2026-12-18",
            DECISION,
            "2027-01-06",
            "2027-02-05",
        ),
        # Handed in on the day on which it was asked for: no day is gained.
        (
            "complete 2026-11-30, observed 2026-12-10 09:00, complete 2026-12-10 18:00",
            "2026-12-18",
            DECISION,
            "2026-12-30",
            "2027-01-29",
        ),
        # Asked after the first 20: it goes on.
        ("complete 2026-11-30, observed 2026-12-21 00:00", "2026-12-22", DECISION, "2026-12-30", "2027-01-29"),
        # The days in which it stood still are not among the 20.
        (
            "complete 2026-11-30, observed 2026-12-10, complete 2027-01-10, observed 2027-01-15",
            "2027-01-16",
            CLAIMANT,
            None,
            None,
        ),
        # Asked twice before it came: the first asking counts.
        (
            "complete 2026-11-30, observed 2026-12-10, observed 2026-12-12, complete 2026-12-17",
            "2026-12-18",
            DECISION,
            "2027-01-06",
            "2027-02-05",
        ),
        ("complete 2028-01-30", "2028-01-30", DECISION, "2028-02-29", "2028-03-30"),
    ],
)
def test_the_general_regime_stops_while_more_is_asked_for_in_its_first_days(turns, now, running, decide_by, pay_by):
    standing = GENERAL.standing(course(turns), at(now))
    assert standing.running is running
    assert (standing.decide_by, standing.pay_by) == (
        decide_by and date.fromisoformat(decide_by),
        pay_by and date.fromisoformat(pay_by),
    )


def test_silence_in_the_general_regime_is_consent_from_the_midnight_on():
    silent = course("complete 2026-11-30")
    before, after = GENERAL.standing(silent, at("2026-12-30 23:59")), GENERAL.standing(silent, at("2026-12-31 00:00"))
    assert (before.running, before.is_consented, before.is_late, before.warning) == (DECISION, False, False, 2)
    assert (after.running, after.is_consented, after.is_late) == (PAYMENT, True, True)
    assert after.pay_by == after.deadline == date(2027, 1, 29)
    assert after.late_words == (
        "No se respondió en 30 días: por ley, el silencio vale como aprobación y corresponde pagar."
    )


def test_a_rejection_after_the_silence_does_not_undo_it():
    late = GENERAL.standing(course("complete 2026-11-30", decided="2027-01-05"), at("2027-01-06"))
    assert (late.is_consented, late.is_late) == (True, True)


def test_a_claim_that_is_decided_while_its_clock_stands_still_was_decided_in_time():
    asked = "complete 2026-11-30, observed 2026-12-10"
    rejected = GENERAL.standing(course(asked, decided="2027-02-10"), at("2027-02-11"))
    assert (rejected.running, rejected.is_consented, rejected.late_words) == (NOTHING, False, None)
    approved = GENERAL.standing(course(asked, decided="2027-02-10", approved=True), at("2027-02-11"))
    assert (approved.is_consented, approved.pay_by) == (False, date(2027, 3, 12))


@pytest.mark.parametrize(("decided", "pay_by"), [("2026-12-10", "2027-01-09"), ("2027-01-05", "2027-01-29")])
def test_the_general_regime_pays_by_days_from_the_consent_spoken_or_silent(decided, pay_by):
    standing = GENERAL.standing(course("complete 2026-11-30", decided=decided, approved=True), at("2027-01-06"))
    assert (standing.running, standing.deadline) == (PAYMENT, date.fromisoformat(pay_by))


def test_late_payment_in_the_general_regime_owes_the_laws_interest():
    standing = GENERAL.standing(course("complete 2026-11-30", decided="2026-12-10", approved=True), at("2027-01-11"))
    assert standing.days_late == 2
    assert (
        standing.late_words
        == "Pasaron 2 días del plazo para pagar. Se deben además los intereses que fija la Ley 29946."
    )


def test_a_schedule_that_is_begun_twice_or_stood_still_warns_once_of_the_pressing_level():
    sent: list[int] = []
    for now in ("2026-12-10", "2026-12-10", "2026-12-12", "2026-12-15", "2026-12-18", "2026-12-19", "2026-12-25"):
        level = warning_to_send(MICRO.standing(course("complete 2026-11-30"), at(now)), sent)
        sent += [level] if level else []
    assert sent == [10, 5, 2]
    assert warning_to_send(MICRO.standing(course("complete 2026-11-30"), at("2026-12-19")), []) == 2
    assert warning_to_send(MICRO.standing(course("complete 2026-11-30"), at("2026-12-12")), [5]) is None
    assert warning_to_send(MICRO.standing(course(""), at("2026-12-12")), []) is None


def test_an_appeal_has_the_clock_of_its_product_from_the_moment_on_which_it_is_asked_for():
    asked = at("2026-12-01 23:59")
    assert MICRO.standing(course_of_appeal(asked), at("2026-12-02")).deadline == date(2026, 12, 21)
    assert GENERAL.standing(course_of_appeal(asked), at("2026-12-02")).deadline == date(2026, 12, 31)
    answered = MICRO.standing(course_of_appeal(asked, at("2026-12-05")), at("2026-12-06"))
    assert answered.running is NOTHING
    assert appeal_until(at("2026-12-05 23:59"), LIMITS) == date(2027, 1, 4)


moments = some.timedeltas(min_value=timedelta(0), max_value=timedelta(days=1000)).map(
    lambda passed: at("2026-01-01") + passed
)
turns_in_order = some.lists(some.tuples(some.sampled_from(TurnKind), moments), max_size=6).map(
    lambda turns: tuple(Turn(*turn) for turn in sorted(turns, key=lambda turn: turn[1]))
)


@given(turns_in_order, moments, some.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90)))
def test_nothing_that_is_asked_for_later_pushes_a_microinsurances_day(turns, now, later):
    before = MICRO.standing(Course(turns), now)
    after = MICRO.standing(Course((*turns, Turn(TurnKind.OBSERVED, now + later))), now + later)
    if before.pay_by is not None:
        assert after.pay_by == before.pay_by
        assert after.is_late or now + later < ends(before.pay_by)


@pytest.mark.parametrize("clock", [MICRO, GENERAL])
@given(turns=turns_in_order, now=moments)
def test_days_are_left_exactly_until_the_deadline_is_over(clock, turns, now):
    standing = clock.standing(Course(turns), now)
    assert (standing.due_at is None) == (standing.running is CLAIMANT)
    if standing.due_at is not None:
        assert (standing.days_late == 0) == (now < standing.due_at)
        assert standing.working_days_left <= standing.days_left
