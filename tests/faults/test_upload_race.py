"""A place takes as many files as it says, however many arrive at once; and the control of that: without its protections
it takes more."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.extensions import db
from portal.models import StoredFile
from portal.services.evidence import uploads
from portal.services.evidence.uploads import Place
from tests.decoder.strangers import drawing, encoded
from tests.faults.protections import NUMBERS, TURNS, both_have_read
from tests.services.at_once import at_once

ONE = Place("claim", 1, "photo", most=1, is_page=False)
OF_DIALECT = {"sqlite": (TURNS,), "postgresql": ()}


@pytest.fixture
def race() -> Callable[[Flask, float], tuple[int, int]]:
    """Two photos for a place of one that meet. How many there are afterwards, and how many were told why not."""

    def race(own: Flask, patience: float) -> tuple[int, int]:
        with own.app_context():
            engine = db.engine
        with both_have_read(engine, patience, "INSERT INTO stored_files") as enter:

            def send(number: int) -> None:
                photo = encoded(drawing((60 + number, 40)), "PNG")
                enter()
                uploads.take(ONE, io.BytesIO(photo), Actor())

            answers = at_once(own, 2, send)
        assert all(answer is None or isinstance(answer, DomainError) for answer in answers), answers
        with own.app_context():
            there = db.session.scalar(select(func.count()).select_from(StoredFile))
        return there or 0, sum(isinstance(answer, DomainError) for answer in answers)

    return race


def test_a_place_of_one_takes_one(database, own_app, race):
    assert race(own_app(), 0.5 if database.startswith("sqlite") else 20) == (1, 1)


def test_without_any_protection_it_takes_two(database, own_app, race):
    everything = (NUMBERS, *OF_DIALECT[make_url(database).get_backend_name()])
    assert race(own_app(*everything), 20) == (2, 0)


def test_each_protection_alone_is_enough(database, own_app, race):
    everything = (NUMBERS, *OF_DIALECT[make_url(database).get_backend_name()])
    for kept in everything:
        without = [one for one in everything if one != kept]
        assert race(own_app(*without), 0.5 if kept == TURNS else 20) == (1, 1), f"only {kept} was kept"
