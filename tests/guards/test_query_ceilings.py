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


def test_every_page_costs_the_same_few_queries_for_one_line_and_for_many(
    app: Flask, make: Factories, drain: Callable[[], int]
) -> None:
    world = build(app, make)
    drain()  # the documents are there now, and can be read
    grow(app, make, world, 1)
    few = counted(app, world)
    grow(app, make, world, MANY)
    many = counted(app, world)
    assert {address: number for address, number in few.items() if number > CEILING} == {}
    assert {address: (few[address], number) for address, number in many.items() if number != few[address]} == {}
