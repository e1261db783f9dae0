"""Whose turn it is in a claim, and until when, by the law of its product's regime. Source: docs/rules.md, Claims.

How days are read here. They are calendar days of Lima: the day on which something comes is not counted, whatever its
hour, and the last one ends at its midnight, though it be a Sunday or a holiday, since waiting for the next working day
would only make the claimant wait. Working days are told beside them and move nothing.

Microinsurance: the file's first completeness starts the clock, and nothing stops it or starts it again. What is
observed before is a file that is not complete yet; what is observed afterwards is still asked for while the days run.
General regime: asking for more within the first days stops it until the file is complete again; asked for later, it
goes on. Past it, silence is consent.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import Enum, auto

from portal.domain.catalogue.claims import ClaimRegime
from portal.domain.catalogue.limits import ClaimLimits
from portal.domain.clock import LIMA, lima
from portal.domain.working_days import WorkingCalendar


class TurnKind(Enum):
    """What changes who acts before a decision: the file is complete, or something of it was observed."""

    COMPLETE = auto()
    OBSERVED = auto()


@dataclass(frozen=True, slots=True)
class Turn:
    """When the file became complete, or was observed."""

    kind: TurnKind
    at: datetime


@dataclass(frozen=True, slots=True)
class Course:
    """What has happened to a claim, as far as its clock asks. `turns` are in their order."""

    turns: tuple[Turn, ...] = ()
    decided_at: datetime | None = None
    is_approved: bool = False
    paid_at: datetime | None = None

    @property
    def owes_payment(self) -> bool:
        """Whether something is, or may still be, to pay: not once it was rejected."""
        return self.is_approved or self.decided_at is None

    @property
    def ended_at(self) -> datetime | None:
        """When nothing was left to do: paid, or rejected."""
        return self.paid_at or (None if self.is_approved else self.decided_at)


class Running(Enum):
    """What runs: the wait for the claimant's papers, MASSIV's time to decide, or to pay; NOTHING when it has ended."""

    CLAIMANT = auto()
    DECISION = auto()
    PAYMENT = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a claim's clock stands at a moment. Its dates are last days, included.

    `decide_by` of a microinsurance is the house's own day, by which a payment may fail once and still arrive.
    `deadline` is the law's day for what runs: days left, days late and `warning`, the pressing one of the desk's
    levels, are counted from it. `waits_for_claimant`: papers are asked for, whether or not that stops the clock.
    `is_consented`: silence, or a decision after the law's day, made it approved.
    """

    running: Running
    waits_for_claimant: bool
    decide_by: date | None = None
    pay_by: date | None = None
    deadline: date | None = None
    days_left: int | None = None
    working_days_left: int | None = None
    warning: int | None = None
    days_late: int = 0
    is_decision_overdue: bool = False
    is_consented: bool = False
    late_words: str | None = None

    @property
    def is_late(self) -> bool:
        """Whether a day of the law has passed, or had when it ended."""
        return self.days_late > 0 or self.is_consented

    @property
    def due_at(self) -> datetime | None:
        """The first moment that is too late: the midnight (Lima) that ends the deadline."""
        return ends(self.deadline) if self.deadline is not None else None


@dataclass(frozen=True, slots=True)
class ClaimClock:
    """The rule for one claim: its product's regime and numbers, and the working days of the country."""

    regime: ClaimRegime
    limits: ClaimLimits
    calendar: WorkingCalendar

    def standing(self, course: Course, now: datetime) -> Standing:
        """Who acts at `now`, until when, and what the law makes of being late."""
        micro = self.regime is ClaimRegime.MICROINSURANCE
        return self._microinsurance(course, now) if micro else self._general(course, now)

    def _microinsurance(self, course: Course, now: datetime) -> Standing:
        started = _first_complete(course)
        if started is None:
            return Standing(_ended(course) or Running.CLAIMANT, _waits_for_claimant(course))
        today = _day(course.ended_at or now)
        decide_by = started + timedelta(days=self.limits.decide_by_day)
        pay_by = started + timedelta(days=self.limits.paid_within_days)
        running = _ended(course) or (Running.PAYMENT if course.is_approved else Running.DECISION)
        late = max((today - pay_by).days, 0)
        standing = Standing(
            running,
            _waits_for_claimant(course),
            decide_by,
            pay_by,
            days_late=late,
            is_decision_overdue=running is Running.DECISION and today > decide_by,
            late_words=self._interest_words(late) if late and course.owes_payment else None,
        )
        return self._with_time_left(standing, pay_by, today)

    def _general(self, course: Course, now: datetime) -> Standing:
        started = _first_complete(course)
        if started is None:
            return Standing(_ended(course) or Running.CLAIMANT, _waits_for_claimant(course))
        decided = _day(course.decided_at) if course.decided_at else None
        stopped, is_stopped = self._stopped_days(course.turns, started, decided)
        if is_stopped:
            return Standing(Running.CLAIMANT, waits_for_claimant=True)
        today = _day(course.ended_at or now)
        decide_by = started + timedelta(days=self.limits.decision_days + stopped)
        is_consented = (decided or today) > decide_by
        settled = decided if decided and course.is_approved and not is_consented else decide_by
        pay_by = settled + timedelta(days=self.limits.payment_days)
        running = _ended(course) or (Running.PAYMENT if course.is_approved or is_consented else Running.DECISION)
        deadline = decide_by if running is Running.DECISION else pay_by
        late = max((today - deadline).days, 0)
        standing = Standing(
            running,
            _waits_for_claimant(course),
            decide_by,
            pay_by,
            days_late=late,
            is_decision_overdue=is_consented and decided is None,
            is_consented=is_consented,
            late_words=self._general_words(is_consented=is_consented, late=late),
        )
        return self._with_time_left(standing, deadline, today)

    def _stopped_days(self, turns: Sequence[Turn], started: date, decided: date | None) -> tuple[int, bool]:
        """For how many days asking for more stopped a general clock, and whether it stands still now: until the day on
        which it was `decided` without what was asked for."""
        stopped, since = 0, None
        for turn in turns:
            day = _day(turn.at)
            if turn.kind is TurnKind.COMPLETE:
                stopped, since = stopped + ((day - since).days if since else 0), None
            elif since is None and day >= started and (day - started).days - stopped <= self.limits.more_papers_days:
                since = day
        if since is not None and decided is not None:
            return stopped + (decided - since).days, False
        return stopped, since is not None

    def _with_time_left(self, standing: Standing, deadline: date, today: date) -> Standing:
        if standing.running is Running.NOTHING:
            return standing
        left = max((deadline - today).days, 0)
        return replace(
            standing,
            deadline=deadline,
            days_left=left,
            working_days_left=self.calendar.working_days_between(today, deadline),
            warning=min((level for level in self.limits.warning_days if left <= level), default=None),
        )

    def _interest_words(self, late: int) -> str:
        factor = f"{self.limits.late_interest_factor.normalize():f}"
        return (
            f"{_past(late)} del plazo de {self.limits.paid_within_days}. La aseguradora debe, además, intereses de "
            f"{factor} veces la tasa activa promedio por esos días."
        )

    def _general_words(self, *, is_consented: bool, late: int) -> str | None:
        words = []
        if is_consented:
            words.append(
                f"No se respondió en {self.limits.decision_days} días: por ley, el silencio vale como aprobación y "
                "corresponde pagar."
            )
        if late:
            words.append(f"{_past(late)} del plazo para pagar. Se deben además los intereses que fija la Ley 29946.")
        return " ".join(words) or None


def course_of_appeal(asked_at: datetime, answered_at: datetime | None = None) -> Course:
    """The course of "pedir que se revise": it needs no paper, so its clock, its product's own, begins at once."""
    return Course((Turn(TurnKind.COMPLETE, asked_at),), decided_at=answered_at)


def appeal_until(rejected_at: datetime, limits: ClaimLimits) -> date:
    """The last day on which the review of a rejection can be asked for."""
    return _day(rejected_at) + timedelta(days=limits.appeal_days)


def warning_to_send(standing: Standing, sent: Collection[int]) -> int | None:
    """The level of which the desk must be warned now, which is to be kept in `sent`; None when it was, or a more
    pressing one. A schedule that is begun twice warns once, and one that stood still warns of the pressing level alone.
    """
    level = standing.warning
    return None if level is None or any(known <= level for known in sent) else level


def ends(day: date) -> datetime:
    """The moment at which a day of Lima is over."""
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=LIMA)


def _day(moment: datetime) -> date:
    return lima(moment).date()


def _first_complete(course: Course) -> date | None:
    """The day on which the clock starts; an approval says that the file was enough."""
    complete = [turn.at for turn in course.turns if turn.kind is TurnKind.COMPLETE]
    if complete:
        return _day(complete[0])
    return _day(course.decided_at) if course.decided_at and course.is_approved else None


def _waits_for_claimant(course: Course) -> bool:
    is_complete = bool(course.turns) and course.turns[-1].kind is TurnKind.COMPLETE
    return course.decided_at is None and not is_complete


def _ended(course: Course) -> Running | None:
    return Running.NOTHING if course.ended_at else None


def _past(days: int) -> str:
    return "Pasó 1 día" if days == 1 else f"Pasaron {days} días"
