"""Ending a policy before its term because its holder asks for it: by which right, from when, and for how much money.

Source: docs/rules.md, Administer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from portal.domain import calendar
from portal.domain.clock import LIMA, lima
from portal.domain.policy import Cover
from portal.domain.premium import Term, term_from

Held = tuple[datetime, datetime]  # from when to when a claim or a charge of ours let nobody end the policy


class Right(StrEnum):
    """By what a policy may be ended."""

    WITHDRAWAL = "withdrawal"  # within days of having received it, unused: all of it is returned
    WITHOUT_CAUSE = "without_cause"  # at any time, where the product allows it: the days left are returned


@dataclass(frozen=True, slots=True)
class Ended:
    """What ending it would do. `until`: the first moment that is not covered, or None when cover never begins. In
    soles: `refund`, what of the money `kept` until now goes back; `unearned`, the premium of the days that are left;
    `ahead`, what was paid for another plan that never begins then, below zero where it was given back."""

    right: Right
    until: datetime | None
    effective_at: datetime
    term: Term
    kept: Decimal
    unearned: Decimal
    ahead: Decimal = Decimal(0)

    @property
    def refund(self) -> Decimal:
        """What goes back: never more than was kept."""
        return self.kept if self.right is Right.WITHDRAWAL else min(self.unearned + self.ahead, self.kept)

    @property
    def lines(self) -> list[tuple[str, Decimal]]:
        """What makes the refund of the premium of the days that are left, in words and soles: together it. Of a
        withdrawal, which counts no days, none."""
        if self.right is Right.WITHDRAWAL:
            return []
        paid = "Lo que pagó" if self.ahead > 0 else "Lo que ya le devolvimos"
        over = max(self.unearned + self.ahead - self.kept, Decimal(0))
        lines = [(f"{paid} por el plan que no empieza", self.ahead), ("Lo que pasa de lo que queda de su pago", -over)]
        return [line for line in lines if line[1]]

    @property
    def last_day(self) -> date | None:
        """The day of its last covered noon."""
        return lima(self.until).date() if self.until else None


def withdrawal_until(delivered_at: datetime | None, days: int, held: Iterable[Held] = ()) -> datetime | None:
    """The first moment at which withdrawal is over: the day of delivery is not counted, nor one at whose end we stood
    in the way (`held`), and the last one ends at its midnight in Lima. None while nothing proves the delivery: the days
    have not begun. Source: Res. SBS 2829-2016, art. 20; docs/rules.md, Administer."""
    if delivered_at is None:
        return None
    stopped = [(lima(since).date(), lima(until).date()) for since, until in held]
    day = lima(delivered_at).date()
    while days:
        day += timedelta(days=1)
        days -= not any(first <= day < last for first, last in stopped)
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=LIMA)


def can_withdraw(until: datetime | None, *, accrued: bool, moment: datetime) -> bool:
    """Whether all of the premium may be asked back: while no benefit has accrued, before `withdrawal_until`."""
    return not accrued and (until is None or moment < until)


def ends_from(cover: Cover, moment: datetime) -> datetime:
    """From when the policy is ended that somebody asks to end at `moment`: at once before it begins, else from the next
    noon."""
    return moment if moment < cover.starts_at else calendar.first_noon_after(moment)


def end(
    cover: Cover, right: Right, *, premium: Decimal, kept: Decimal, moment: datetime, ahead: Decimal = Decimal(0)
) -> Ended:
    """What ending the cover by that right does. `premium`: of a year, in force then; `kept`: what was paid for it and
    not given back, in soles; `ahead`: what of that was paid for another plan that never begins then, below zero where
    it was given back for a cheaper one."""
    effective_at = ends_from(cover, moment)
    never_begins = effective_at < cover.starts_at
    term = term_from(effective_at, cover.starts_at, cover.ends_at)
    unearned = term.unearned(premium)
    return Ended(right, None if never_begins else effective_at, effective_at, term, kept, unearned, ahead)
