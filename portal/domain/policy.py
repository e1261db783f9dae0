"""A policy's states, computed from its dates; only an endorsement annuls."""

from datetime import datetime
from enum import StrEnum


class EndorsementKind(StrEnum):
    ISSUE = "issue"
    ANNULMENT = "annulment"


class PolicyState(StrEnum):
    PENDING = "PENDIENTE"
    ACTIVE = "ACTIVA"
    EXPIRED = "VENCIDA"
    ANNULLED = "ANULADA"


def state_on(starts_at: datetime, ends_at: datetime, annulled_at: datetime | None, moment: datetime) -> PolicyState:
    """The policy's state at `moment`; cover includes its first noon and ends at its last."""
    if annulled_at is not None and annulled_at <= moment:
        return PolicyState.ANNULLED
    if moment < starts_at:
        return PolicyState.PENDING
    return PolicyState.ACTIVE if moment < ends_at else PolicyState.EXPIRED
