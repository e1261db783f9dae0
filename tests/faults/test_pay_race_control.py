"""The control of the race: without its protections the same race charges twice, and any one of them is enough.

Two presses of "Procesar Pago" after a refusal, which begin a new payment each, meet where both have read and neither
has written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal import create_app
from portal.domain.payment import LIVE_STATES
from portal.extensions import db
from portal.models import OutboxRow, Payment
from portal.services import paying
from portal.settings import Settings
from tests.databases import migrate
from tests.factories import Factories, Stage
from tests.faults.protections import OF_DIALECT, TURNS, both_have_read, take_away
from tests.services.at_once import at_once
from workers import charges

_names = count(1)


@pytest.fixture
def own_app(app: Flask, env: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable]:
    """Applications over databases of their own, without some protections: `own_app("index")`."""
    engines = []

    def own_app(*without: str) -> Flask:
        if env["DATABASE_URL"].startswith("sqlite"):
            address = f"sqlite:///{tmp_path / f'own-{next(_names)}.sqlite'}"
        else:
            address = request.getfixturevalue("postgres").create(f"own-{next(_names)}")
        own = create_app(Settings.from_env(env | {"DATABASE_URL": address}))
        migrate(own)
        with own.app_context():
            engines.append(db.engine)
        for protection in without:
            take_away(engines[-1], protection)
        return own

    yield own_app
    for engine in engines:
        engine.dispose()


@pytest.fixture
def race(bank) -> Callable[[Flask, float], tuple[int, int]]:
    """Two presses that meet. How many payments are alive, and how many charges the bank has approved, afterwards."""

    def race(own: Flask, patience: float) -> tuple[int, int]:
        make = Factories(own)
        juana = make.customer()
        public_id = make.purchase(juana, Stage.PAID, last4="0001")
        make.method(juana, public_id, "5555")
        before = len(approved(bank))
        with own.app_context():
            engine = db.engine
        with both_have_read(engine, patience) as enter:

            def press(_: int) -> None:
                enter()
                paying.process(public_id, Decimal("72.92"), juana.actor)

            answers = at_once(own, 2, press)
        assert all(answer is None or isinstance(answer, StaleDataError | IntegrityError) for answer in answers)
        with own.app_context():
            owed = db.session.scalars(select(OutboxRow.id).where(OutboxRow.queue == "charges")).all()
        for outbox_id in owed:
            with own.app_context():
                charges.charge(outbox_id)
        with own.app_context():
            alive = db.session.scalars(select(Payment).where(Payment.state.in_(LIVE_STATES))).all()
        return len(alive), len(approved(bank)) - before

    return race


def approved(bank) -> list[dict]:
    return [entry for entry in bank.ledger.entries()["charges"] if entry["status"] == "approved"]


def test_without_any_protection_the_same_race_charges_twice(database, own_app, race):
    everything = OF_DIALECT[make_url(database).get_backend_name()]
    assert race(own_app(*everything), 20) == (2, 2)


def test_each_protection_alone_lets_one_charge_through(database, own_app, race):
    everything = OF_DIALECT[make_url(database).get_backend_name()]
    for kept in everything:
        without = [one for one in everything if one != kept]
        patience = 0.5 if kept == TURNS else 20
        assert race(own_app(*without), patience) == (1, 1), f"only {kept} was kept"


def test_with_all_of_them_one_goes_through(database, own_app, race):
    patience = 0.5 if database.startswith("sqlite") else 20
    assert race(own_app(), patience) == (1, 1)
