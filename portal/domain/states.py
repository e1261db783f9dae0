"""States and how they move: only a row of a table lets a state change, and the same table draws the docs' diagram."""

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from operator import is_
from typing import Self

from portal.domain.errors import InvalidTransition


class Tone(StrEnum):
    """How a state is shown: as what went well, as what is under way, as what its reader must look at, as what went
    wrong, or plainly."""

    OK = "ok"
    INFO = "info"
    WARN = "warn"
    BAD = "bad"
    PLAIN = "plain"


class State(StrEnum):
    """The states of one kind of thing: `VALID = "valid", "Vigente", Tone.OK`. The value is what rows keep, `label` what
    people read: each has one, though to a type checker, which takes `State(value)` for a new one, it may be left out.
    Templates ask by name, `payment.state.is_in_review`; Python compares, `is PaymentState.IN_REVIEW`.
    """

    label: str
    tone: Tone

    def __new__(cls, value: str, label: str = "", tone: Tone = Tone.PLAIN) -> Self:
        state = str.__new__(cls, value)
        state._value_ = value
        state.label, state.tone = label, tone
        return state

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for state in cls:
            setattr(cls, f"is_{state.name.lower()}", property(partial(is_, state)))


def check_transition(table: Mapping[StrEnum, frozenset[StrEnum]], current: StrEnum, target: StrEnum) -> None:
    """Raises InvalidTransition when `table` has no way from `current` to `target`."""
    if target not in table.get(current, frozenset()):
        raise InvalidTransition(f"{type(current).__name__}: {current} -> {target}")
