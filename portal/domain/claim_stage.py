"""Where a claim stands for the desk: who acts next, and how pressing it is. Source: docs/rules.md, Claims."""

from datetime import datetime, timedelta
from enum import StrEnum

from portal.domain import clock
from portal.domain.states import Tone


class Stage(StrEnum):
    """Each open claim is in one, and each notice that waits in MATCH. The value is what addresses call it."""

    label: str
    tone: Tone

    def __new__(cls, value: str, label: str = "", tone: Tone = Tone.INFO) -> "Stage":
        stage = str.__new__(cls, value)
        stage._value_ = value
        stage.label, stage.tone = label, tone
        return stage

    MATCH = "por-emparejar", "Por emparejar", Tone.WARN  # a notice: no claim yet
    NEW = "nuevos", "Nuevo", Tone.INFO  # registered, and nobody has taken it
    CHECK = "por-revisar", "Por revisar", Tone.INFO  # a document waits for the desk, or all of them are there
    CONFIRM = "por-confirmar", "Por confirmar", Tone.INFO  # proposed by one, waits for another
    PAY = "por-pagar", "Por pagar", Tone.INFO
    WAITING = "esperan", "Espera al cliente", Tone.WARN


class Urgency(StrEnum):
    """How near the end of its clock is: the groups of the queue, in their order."""

    LATE = "Vencidos"
    NOW = "Hoy y mañana"
    SOON = "En 10 días"
    LATER = "Más adelante"
    STOPPED = "Sin plazo: esperan documentos"


def days_left(due_at: datetime) -> int:
    """Whole days of Lima's calendar until the last day on which it is in time: 0 is today, negative is late. `due_at`
    is the first moment that is too late."""
    last = clock.lima(due_at - timedelta(microseconds=1)).date()
    return (last - clock.today()).days


def urgency(due_at: datetime | None) -> Urgency:
    """Of a claim with this end of its clock, now."""
    if due_at is None:
        return Urgency.STOPPED
    left = days_left(due_at)
    if left < 0:
        return Urgency.LATE
    if left <= 1:
        return Urgency.NOW
    return Urgency.SOON if left <= 10 else Urgency.LATER
