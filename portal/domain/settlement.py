"""The bank's settlement of a day against our books: when it is due, what each line is matched with, and how the two may
differ. Source: docs/rules.md, Money matched."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from portal.domain.clock import LIMA, lima
from portal.domain.states import State, Tone

#: How long before midnight something may be ours of one day and the bank's of the next.
EDGE = timedelta(minutes=15)
#: For how many days the bank is asked again whether it still tells the same of a day.
CORRECTED_WITHIN = timedelta(days=7)
_KNOWN_AT, _DUE_AT = timedelta(hours=6), timedelta(hours=12)  # of the next day, in Lima


class LineKind(StrEnum):
    CHARGE = "charge"
    REFUND = "refund"
    PAYOUT = "payout"


LINE_NAMES = {LineKind.CHARGE: "Cargo", LineKind.REFUND: "Devolución", LineKind.PAYOUT: "Pago a una persona"}


class DifferenceState(State):
    OPEN = "open", "Por resolver", Tone.WARN
    RESOLVED = "resolved", "Resuelta", Tone.OK
    AGREED = "agreed", "Ya coincide", Tone.OK


# Resolved: by two people. Agreed: by itself, since both tell the same by now.
DIFFERENCE_TRANSITIONS = {DifferenceState.OPEN: frozenset({DifferenceState.RESOLVED, DifferenceState.AGREED})}


class Differs(StrEnum):
    """How the bank and we differ: of a line, of something that has no line, or of a line that was corrected."""

    UNCONFIRMED = "unconfirmed"
    STATE = "state"
    NUMBER = "number"
    AMOUNT = "amount"
    TWICE = "twice"
    NOT_OURS = "not_ours"
    NOT_IN_SETTLEMENT = "not_in_settlement"
    ADDED = "added"
    TAKEN_AWAY = "taken_away"


DIFFERENCE_NAMES = {
    Differs.UNCONFIRMED: "El banco lo movió y aquí está por confirmar",
    Differs.STATE: "El banco lo movió y aquí no se hizo",
    Differs.NUMBER: "El banco le da otro número",
    Differs.AMOUNT: "El monto no es el mismo",
    Differs.TWICE: "El banco lo movió dos veces",
    Differs.NOT_OURS: "No está en nuestros libros",
    Differs.NOT_IN_SETTLEMENT: "No está en el cuadre del banco",
    Differs.ADDED: "El banco lo agregó después",
    Differs.TAKEN_AWAY: "El banco lo quitó después",
}
# What follows from our own row, and goes away when that does.
OF_OUR_ROW = (Differs.UNCONFIRMED, Differs.STATE, Differs.NUMBER, Differs.AMOUNT, Differs.NOT_OURS)


class Standing(StrEnum):
    """What our books say of something: the bank moved it, it is not known yet, or nothing moved."""

    MOVED = "moved"
    NOT_KNOWN = "not_known"
    NOT_MOVED = "not_moved"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the settlement. `amount` in soles."""

    kind: LineKind
    bank_id: str
    reference: str
    amount: Decimal
    processed_at: datetime


@dataclass(frozen=True, slots=True)
class Ours:
    """The same in our books; `number` is ours, `bank_id` the bank's as we know it."""

    number: str
    amount: Decimal
    bank_id: str | None
    standing: Standing


def compare(line: Line, ours: Ours | None) -> Differs | None:
    """How a line and what it is matched with differ, in the one word that says most; None when they agree."""
    if ours is None:
        return Differs.NOT_OURS
    if ours.standing is Standing.NOT_KNOWN:
        return Differs.UNCONFIRMED
    if ours.standing is Standing.NOT_MOVED:
        return Differs.STATE
    if ours.bank_id != line.bank_id:
        return Differs.NUMBER
    return Differs.AMOUNT if ours.amount != line.amount else None


def refund_of(line: Line, refunds: Sequence[Ours]) -> Ours | None:
    """Which of a charge's refunds a line is: the bank names only the charge. `refunds`: those that no other line is."""
    known = [one for one in refunds if one.bank_id == line.bank_id]
    alike = [one for one in refunds if one.amount == line.amount]
    # What never moved comes last: another with the same amount did.
    alike.sort(key=lambda one: one.standing is Standing.NOT_MOVED)
    return next(iter(known + alike), None)


def corrections(kept: Sequence[Line], told: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """What the bank tells of a day by now and did not before, and what it told and does not any more."""
    before, after = Counter(kept), Counter(told)
    return list((after - before).elements()), list((before - after).elements())


def begins_at(day: date) -> datetime:
    """The first moment of a day in Lima."""
    return datetime.combine(day, time(), LIMA)


def ours_of(day: date) -> tuple[datetime, datetime]:
    """From when until when (not included) what ended here must be known once this day's settlement is."""
    return begins_at(day) - EDGE, begins_at(day + timedelta(days=1)) - EDGE


def newest_known(now: datetime) -> date:
    """The newest day whose settlement the bank may have: from 06:00 of the next."""
    return (lima(now) - _KNOWN_AT).date() - timedelta(days=1)


def newest_due(now: datetime) -> date:
    """The newest day whose settlement must be here: at noon of the next."""
    return (lima(now) - _DUE_AT).date() - timedelta(days=1)
