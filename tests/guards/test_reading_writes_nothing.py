"""Looking at a page changes nothing; the exceptions are when a session was last seen, and looks that are recorded."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from flask import Flask

from tests.client import PageClient
from tests.factories import Factories
from tests.guards.endpoints import RECORDED, build, rules, visit
from tests.guards.queries import statements

pytestmark = pytest.mark.one_database

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER", "TRUNCATE")
_TAKES_BACK = "health.ready"  # it shows that the database takes a write, and leaves nothing: test_health_pages.py
_LAST_SEEN = ("UPDATE sessions SET last_seen_at", "UPDATE notice_visits SET seen_at")


def writes(app: Flask, client: PageClient, address: str) -> list[str]:
    """What getting a page writes, but for when the session was last seen."""
    with statements(app) as seen:
        client.raw.get(address)
    return [one for one in seen if one.upper().startswith(_WRITES) and not one.startswith(_LAST_SEEN)]


def test_getting_a_page_writes_nothing(
    app: Flask, make: Factories, drain: Callable[[], int], clock: Callable[..., None]
) -> None:
    world = build(app, make)
    asked = [rule for rule in rules(app, "GET") if rule.endpoint not in {_TAKES_BACK, *RECORDED}]
    addresses = [address for rule in asked for address in world.addresses(app, rule)]
    clients = {visitor: visit(app, world, visitor) for visitor in world.visitors}

    def written() -> dict[tuple[str, str], list[str]]:
        asked = itertools.product(clients, addresses)
        found = {(visitor, address): writes(app, clients[visitor], address) for visitor, address in asked}
        return {key: statements for key, statements in found.items() if statements}

    assert written() == {}
    drain()  # the documents are there now: their pages are others
    clock(minutes=5)
    assert written() == {}


def test_a_session_is_noted_once_a_minute_at_most(app: Flask, make: Factories, clock: Callable[..., None]) -> None:
    client = PageClient(app).sign_in(make.customer())
    with statements(app) as at_once:
        client.raw.get("/inicio")
    clock(seconds=61)
    with statements(app) as later:
        client.raw.get("/inicio")
        client.raw.get("/inicio")
    assert [sum(one.startswith("UPDATE") for one in seen) for seen in (at_once, later)] == [0, 1]
