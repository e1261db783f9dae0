"""No page asks more than a few queries, however much there is to show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories import Factories
from tests.guards.endpoints import build
from tests.guards.queries import CEILING, counted, grow

pytestmark = pytest.mark.one_database

MANY = 8  # a query a line would show at the second
# Pages of a claim's answer that still ask more than they may; the same for few lines and for many.
OVER = {"/avisos/seguimiento/": 7, "/gestion/revisiones": 14, "/retirar": 7, "/revision": 9}


def ceiling(address: str) -> int:
    """How many queries a page may ask."""
    return max((most for part, most in OVER.items() if part in address), default=CEILING)


def test_every_page_costs_the_same_few_queries_for_one_line_and_for_many(
    app: Flask, make: Factories, drain: Callable[[], int]
) -> None:
    world = build(app, make)
    drain()  # the documents are there now, and can be read
    grow(app, make, world, 1)
    few = counted(app, world)
    grow(app, make, world, MANY)
    many = counted(app, world)
    assert {address: number for address, number in few.items() if number > ceiling(address)} == {}
    assert {address: (few[address], number) for address, number in many.items() if number != few[address]} == {}
