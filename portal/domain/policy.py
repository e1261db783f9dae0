"""A policy's state and what it says, at a moment: from its dates and its endorsements.

`services/policies/at_moment.py` says the same to the database. Source: docs/rules.md, Administer.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum, auto
from typing import Protocol, TypeVar

from portal.domain import formats
from portal.domain.clock import lima
from portal.domain.states import State, Tone


class PolicyState(State):
    """Computed, never stored."""

    PENDING = "pending", "Por empezar", Tone.INFO
    ACTIVE = "active", "Activa", Tone.OK
    EXPIRED = "expired", "Vencida"
    CANCELLED = "cancelled", "Anulada", Tone.BAD

    @property
    def protects(self) -> bool:
        """Whether it does so now, or will."""
        return self in (PolicyState.PENDING, PolicyState.ACTIVE)

    @property
    def words(self) -> "StateWords":
        return POLICY_NAMES[self]


@dataclass(frozen=True, slots=True)
class StateWords:
    """How people read a state beside its label: `word` as the owner's page has it, in capitals there and in small
    letters in addresses; `plural` of many; what the public page says of it, as its heading and as a sentence."""

    word: str
    plural: str
    heading: str
    meaning: str


# In the order in which lists offer and count them.
POLICY_NAMES = {
    PolicyState.ACTIVE: StateWords(
        "activa",
        "Activas",
        "Esta póliza está vigente",
        "Protege desde el mediodía de su inicio hasta el mediodía de su fin.",
    ),
    PolicyState.PENDING: StateWords(
        "pendiente",
        "Por empezar",
        "Esta póliza todavía no empieza",
        "Es verdadera. Va a proteger desde el mediodía de su inicio.",
    ),
    PolicyState.EXPIRED: StateWords(
        "vencida",
        "Vencidas",
        "Esta póliza ya terminó",
        "Es verdadera. Protegió hasta el mediodía de su fin.",
    ),
    PolicyState.CANCELLED: StateWords("anulada", "Anuladas", "Esta póliza fue anulada", "Ya no protege."),
}


def standing(cover: "Cover", moment: datetime) -> str:
    """How it stands, with the day that matters next: `Activa. Termina en 12 días, el 18/05/2027.`"""
    state = cover.state_at(moment)
    if not state.protects:
        return f"{state.label}. Terminó el {formats.day(cover.until)}."
    begins = state is PolicyState.PENDING
    day = cover.starts_at if begins else cover.until
    days = (lima(day).date() - lima(moment).date()).days
    when = {0: "hoy", 1: "mañana"}.get(days, f"en {days} días")
    return f"{state.label}. {'Empieza' if begins else 'Termina'} {when}, el {formats.day(day)} al mediodía."


def state_called(word: str) -> PolicyState | None:
    """The state that addresses call so, or None."""
    return next((state for state, words in POLICY_NAMES.items() if words.word == word), None)


def count_words(states: Iterable[PolicyState]) -> str:
    """How many policies there are, and of which states: `3 pólizas: 2 activas, 1 vencida`."""
    counts = Counter(states)
    if counts.total() == 1:
        return f"1 póliza, {next(iter(counts)).label.lower()}"
    parts = [
        f"{counts[state]} {(state.label if counts[state] == 1 else words.plural).lower()}"
        for state, words in POLICY_NAMES.items()
        if counts[state]
    ]
    return f"{counts.total()} pólizas: {', '.join(parts)}"


class Matter(Enum):
    """What an endorsement may state. The rules ask for this, never for a kind of endorsement."""

    TERMS = auto()  # plan and premium
    BENEFICIARIES = auto()
    END = auto()


class EndorsementKind(StrEnum):
    ISSUE = "issue"
    CANCELLATION = "cancellation"  # its cash was recorded by mistake, and the receipt reversed
    TERMINATION = "termination"  # its holder asked for it
    BENEFIT_PAID = "benefit_paid"  # what it pays on a death was paid: nothing is left to insure
    INSURED_DIED = "insured_died"  # whom it insures had died before it began: all of its money goes back
    PLAN_CHANGE = "plan_change"
    BENEFICIARY_CHANGE = "beneficiary_change"
    CORRECTION = "correction"  # of a person's name, birth date or document: cover stays as it is


_STATED = {
    EndorsementKind.ISSUE: {Matter.TERMS, Matter.BENEFICIARIES},
    EndorsementKind.CANCELLATION: {Matter.END},
    EndorsementKind.TERMINATION: {Matter.END},
    EndorsementKind.BENEFIT_PAID: {Matter.END},
    EndorsementKind.INSURED_DIED: {Matter.END},
    EndorsementKind.PLAN_CHANGE: {Matter.TERMS},
    EndorsementKind.BENEFICIARY_CHANGE: {Matter.BENEFICIARIES},
    EndorsementKind.CORRECTION: set(),
}


def kinds_stating(matter: Matter) -> list[EndorsementKind]:
    """The kinds of endorsement that state it."""
    return [kind for kind, stated in _STATED.items() if matter in stated]


class Endorsed(Protocol):
    """What the rules ask of an endorsement: number zero is what was issued."""

    @property
    def number(self) -> int: ...
    @property
    def kind(self) -> EndorsementKind: ...
    @property
    def effective_at(self) -> datetime: ...


E = TypeVar("E", bound=Endorsed)


def cancellation(endorsements: Iterable[E]) -> E | None:
    """The endorsement that ends the policy before its term, at once or on a day to come; None when none does. Of
    several the earliest date holds, since nothing brings an ended cover back, and on the same date the first number."""
    ending = [one for one in endorsements if one.kind in kinds_stating(Matter.END)]
    return min(ending, key=lambda one: (one.effective_at, one.number), default=None)


def cancelled_from(endorsements: Iterable[E]) -> datetime | None:
    """The moment from which the policy is cancelled, which may lie ahead; None when it is not."""
    ending = cancellation(endorsements)
    return ending.effective_at if ending else None


@dataclass(frozen=True, slots=True)
class Cover:
    """From when to when a policy protects, and from when it is cancelled, if it is: that moment may lie ahead."""

    starts_at: datetime
    ends_at: datetime
    cancelled_at: datetime | None

    @property
    def until(self) -> datetime:
        """The first moment that it no longer protects. A cancellation dated after the term ends nothing earlier."""
        return min(self.ends_at, self.cancelled_at or self.ends_at)

    def state_at(self, moment: datetime) -> PolicyState:
        """Cover includes its first noon and ends at its last; a cancellation shows from its date on, even when the
        term had run out before."""
        if self.cancelled_at is not None and self.cancelled_at <= moment:
            return PolicyState.CANCELLED
        if moment < self.starts_at:
            return PolicyState.PENDING
        return PolicyState.ACTIVE if moment < self.ends_at else PolicyState.EXPIRED

    def early_end(self, moment: datetime) -> str | None:
        """The end before its time, past or to come, said to its holder at `moment`; None where there is none."""
        if self.cancelled_at is None:
            return None
        if self.cancelled_at <= self.starts_at:
            return "Esta póliza no llega a empezar."
        verbs = "ya terminó: protegió" if self.until <= moment else "ya va a terminar: protege"
        return f"Esta póliza {verbs} hasta el {formats.day(self.until)}."

    def share_before(self, day: date) -> float:
        """How much of the cover lies before `day`: 0 on its first, 1 on its last, less or more outside of it."""
        first = lima(self.starts_at).date()
        return (day - first).days / max((lima(self.until).date() - first).days, 1)

    def is_on(self, day: date) -> bool:
        """Whether it protects at some moment of that day of Lima, of which no hour is known."""
        return lima(self.starts_at).date() <= day <= lima(self.until).date() and self.starts_at < self.until

    def in_force_at(self, matter: Matter, endorsements: Iterable[E], moment: datetime) -> E:
        """The endorsement that states the policy's terms, or its beneficiaries, at `moment`: of those dated until then
        the one with the latest date, whichever was written first, and on the same date the highest number. Before
        any of them, what was issued, from the beginning on. What is dated when cover has ended never takes effect.
        """
        kinds = kinds_stating(matter)

        def holds(one: E) -> bool:
            return one.number == 0 or (
                one.kind in kinds and one.effective_at <= moment and one.effective_at < self.until
            )

        return max(filter(holds, endorsements), key=lambda one: (one.number > 0, one.effective_at, one.number))
