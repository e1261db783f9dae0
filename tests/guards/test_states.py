"""Every state is kept in English and shown in Spanish, templates ask for it by name, tables lead within one kind."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import nodes

import portal.domain
from docs import generate
from portal.domain.states import State
from portal.extensions import Base
from portal.models import OutboxRow
from tests.guards.test_templates import TEMPLATES, name_of, tree_of

MODULES = [
    importlib.import_module(info.name) for info in pkgutil.walk_packages(portal.domain.__path__, "portal.domain.")
]
STATES = {kind.__name__: kind for kind in State.__subclasses__()}
TABLES = {name: table for module in MODULES for name, table in vars(module).items() if name.endswith("_TRANSITIONS")}

# How templates call what holds a state, and who else than people reads these words of rows.
SPOKEN_OF = {"state", "standing", "purchase_state"}
NOT_SHOWN = {OutboxRow}


def test_the_states_are_found() -> None:
    assert {"PaymentState", "PurchaseState", "QuoteState", "MessageState", "SlipState"} <= set(STATES)
    assert {"PAYMENT_TRANSITIONS", "PURCHASE_TRANSITIONS"} <= set(TABLES)


def test_a_row_that_people_see_the_state_of_keeps_one_with_its_words() -> None:
    rows = {mapper.class_ for mapper in Base.registry.mappers if "state" in mapper.columns}
    bare = {row for row in rows if not issubclass(row.__mapper__.columns["state"].type.enum_class, State)}
    assert bare == NOT_SHOWN


@pytest.mark.parametrize("kind", STATES.values(), ids=list(STATES))
def test_a_state_is_kept_in_english_and_shown_in_spanish(kind: type[State]) -> None:
    assert {state.value for state in kind} == {state.name.lower() for state in kind}
    english = {state.value.replace("_", " ") for state in kind}
    assert not [state for state in kind if not state.label or state.label.lower() in english]


@pytest.mark.parametrize("kind", STATES.values(), ids=list(STATES))
def test_a_state_answers_to_its_name_and_to_no_other(kind: type[State]) -> None:
    for state in kind:
        assert [other for other in kind if getattr(state, f"is_{other.name.lower()}")] == [state]


@pytest.mark.parametrize("name", TABLES)
def test_every_transition_leads_between_states_of_one_kind(name: str) -> None:
    table = TABLES[name]
    kinds = {type(state) for state in table} | {type(target) for targets in table.values() for target in targets}
    assert len(kinds) == 1


def test_every_table_is_drawn() -> None:
    assert all(table in generate.TABLES.values() for table in TABLES.values())


def test_templates_ask_for_a_state_by_its_name() -> None:
    by_what_is_stored = {f"{name}:{node.lineno}" for name, node in _nodes() if _looks_into(node)}
    assert by_what_is_stored == set()


def test_templates_ask_for_states_that_there_are() -> None:
    known = {f"is_{state.name.lower()}" for kind in STATES.values() for state in kind}
    unknown = {
        f"{name}:{node.lineno} {node.attr}"
        for name, node in _nodes()
        if isinstance(node, nodes.Getattr)
        and node.attr.startswith("is_")
        and _is_state(node.node)
        and node.attr not in known
    }
    assert unknown == set()


def _nodes() -> Iterator[tuple[str, nodes.Node]]:
    for path in TEMPLATES:
        for node in tree_of(path).find_all((nodes.Compare, nodes.Getitem, nodes.Getattr, nodes.Call)):
            yield name_of(path), node


def _looks_into(node: nodes.Node) -> bool:
    """Whether it compares a state with something, or looks something up by it."""
    match node:
        case nodes.Compare(expr=left, ops=ops):
            return any(_is_state(one) for one in (left, *(operand.expr for operand in ops)))
        case nodes.Getitem(arg=key):
            return _is_state(key)
        case nodes.Call(node=nodes.Getattr(attr="get"), args=[key, *_]):
            return _is_state(key)
    return False


def _is_state(node: Any) -> bool:
    return (isinstance(node, nodes.Getattr) and node.attr in SPOKEN_OF) or (
        isinstance(node, nodes.Name) and node.name in SPOKEN_OF
    )
