"""A policy's states, computed from its dates; only an endorsement annuls."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

# How long before its end the holder is told that a policy does not renew itself.
NEAR_END = timedelta(days=30)


class EndorsementKind(StrEnum):
    ISSUE = "issue"
    ANNULMENT = "annulment"


class PolicyState(StrEnum):
    PENDING = "PENDIENTE"
    ACTIVE = "ACTIVA"
    EXPIRED = "VENCIDA"
    ANNULLED = "ANULADA"


POLICY_NAMES = {
    PolicyState.PENDING: "Por empezar",
    PolicyState.ACTIVE: "Activa",
    PolicyState.EXPIRED: "Vencida",
    PolicyState.ANNULLED: "Anulada",
}

# Many of them: what a list can be narrowed to.
POLICY_PLURALS = {
    PolicyState.ACTIVE: "Activas",
    PolicyState.PENDING: "Por empezar",
    PolicyState.EXPIRED: "Vencidas",
    PolicyState.ANNULLED: "Anuladas",
}


def count_words(states: Iterable[PolicyState]) -> str:
    """How many policies there are, and of which states: `3 pólizas: 2 activas, 1 vencida`."""
    counts = Counter(states)
    if counts.total() == 1:
        return f"1 póliza, {POLICY_NAMES[next(iter(counts))].lower()}"
    parts = [
        f"{counts[state]} {(POLICY_NAMES[state] if counts[state] == 1 else plural).lower()}"
        for state, plural in POLICY_PLURALS.items()
        if counts[state]
    ]
    return f"{counts.total()} pólizas: {', '.join(parts)}"


def state_on(starts_at: datetime, ends_at: datetime, annulled_at: datetime | None, moment: datetime) -> PolicyState:
    """The policy's state at `moment`; cover includes its first noon and ends at its last."""
    if annulled_at is not None and annulled_at <= moment:
        return PolicyState.ANNULLED
    if moment < starts_at:
        return PolicyState.PENDING
    return PolicyState.ACTIVE if moment < ends_at else PolicyState.EXPIRED


def is_near_end(ends_at: datetime, state: PolicyState, moment: datetime) -> bool:
    """Whether a policy that protects now ends within NEAR_END."""
    return state is PolicyState.ACTIVE and ends_at - moment <= NEAR_END
