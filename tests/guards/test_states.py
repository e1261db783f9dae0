"""Every state is shown in Spanish words, and every row of a transition table names states that exist."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import astuple
from enum import StrEnum
from typing import Any

import pytest

import portal.domain


def _members(kind: str) -> list[tuple[str, Any, Any]]:
    found = []
    for info in pkgutil.walk_packages(portal.domain.__path__, "portal.domain."):
        module = importlib.import_module(info.name)
        found += [(name, value, module) for name, value in vars(module).items() if name.endswith(kind)]
    return found


STATES = {
    name: (states, module)
    for name, states, module in _members("State")
    if isinstance(states, type) and issubclass(states, StrEnum) and states.__module__ == module.__name__
}
NAMES = {name: names for name, names, _ in _members("_NAMES") if isinstance(names, dict)}
TABLES = {name: table for name, table, _ in _members("_TRANSITIONS")}


def test_the_states_are_found() -> None:
    assert {"PaymentState", "PurchaseState", "PolicyState", "QuoteState", "MessageState"} <= set(STATES)
    assert TABLES


@pytest.mark.parametrize("name", STATES)
def test_every_state_has_its_spanish_words(name: str) -> None:
    states, _ = STATES[name]
    by_name = next((names for names in NAMES.values() if any(isinstance(one, states) for one in names)), None)
    # Without a table the value itself is what people read: then it is no English word of the code.
    words = by_name or {state: state.value for state in states}
    assert set(words) == set(states)
    english = {state.name.lower() for state in states} | {state.name.lower().replace("_", " ") for state in states}
    told = [word for row in words.values() for word in ((row,) if isinstance(row, str) else astuple(row))]
    assert not [word for word in told if word.lower() in english]


@pytest.mark.parametrize("name", TABLES)
def test_every_transition_leads_between_states_of_one_kind(name: str) -> None:
    table = TABLES[name]
    kinds = {type(state) for state in table} | {type(target) for targets in table.values() for target in targets}
    assert len(kinds) == 1
