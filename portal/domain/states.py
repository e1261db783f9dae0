"""State machines as tables: only a row of the table lets a state change, and the same table draws the docs' diagram."""

from collections.abc import Mapping
from enum import StrEnum

from portal.domain.errors import InvalidTransition


def check_transition(table: Mapping[StrEnum, frozenset[StrEnum]], current: StrEnum, target: StrEnum) -> None:
    """Raises InvalidTransition when `table` has no way from `current` to `target`."""
    if target not in table.get(current, frozenset()):
        raise InvalidTransition(f"{type(current).__name__}: {current} -> {target}")
