"""The controls of the races: without its protections the same race does the wrong thing, and any one of them is enough.

Two presses of "Procesar Pago" after a refusal, which begin a new payment each, or two processes that both heard the
bank's approval, meet where both have read and neither has written.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock
from portal.domain.payment import LIVE_STATES
from portal.extensions import db
from portal.integrations.bank import Approved
from portal.models import OutboxRow, Payment, Policy, Purchase, Quote
from portal.services.payments import charging, settling
from portal.services.sale import paying
from tests.factories import Factories, Stage
from tests.faults.protections import INDEX, OF_DIALECT, POLICY_KEYS, TURNS, both_have_read
from tests.services.at_once import at_once
from workers import charges


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


def approved(bank) -> list[dict[str, Any]]:
    return [entry for entry in bank.ledger.entries()["charges"] if entry["status"] == "approved"]


def test_without_any_protection_the_same_race_charges_twice(database, own_app, race):
    everything = (INDEX, *OF_DIALECT[make_url(database).get_backend_name()])
    assert race(own_app(*everything), 20) == (2, 2)


def test_each_protection_alone_lets_one_charge_through(database, own_app, race):
    everything = (INDEX, *OF_DIALECT[make_url(database).get_backend_name()])
    for kept in everything:
        without = [one for one in everything if one != kept]
        patience = 0.5 if kept == TURNS else 20
        assert race(own_app(*without), patience) == (1, 1), f"only {kept} was kept"


def test_with_all_of_them_one_goes_through(database, own_app, race):
    patience = 0.5 if database.startswith("sqlite") else 20
    assert race(own_app(), patience) == (1, 1)


@pytest.fixture
def any_state(monkeypatch) -> Callable[[bool], None]:
    """Purchases and quotes may go from each state to each, or by their tables only, as ever."""
    tables = {model: model.TRANSITIONS for model in (Purchase, Quote)}

    def any_state(may: bool) -> None:
        for model, table in tables.items():
            every = [state for states in (table, *table.values()) for state in states]
            monkeypatch.setattr(model, "TRANSITIONS", {one: frozenset(every) for one in every} if may else table)

    return any_state


@pytest.fixture
def hear_twice() -> Callable[[Flask, float], int]:
    """A worker and the reconciler that both heard the bank's approval. How many policies there are afterwards."""

    def hear_twice(own: Flask, patience: float) -> int:
        make = Factories(own)
        juana = make.customer()
        public_id = make.purchase(juana, Stage.TERMS)
        with own.app_context():
            engine = db.engine
            paying.process(public_id, Decimal("72.92"), juana.actor)
            payment_id = db.session.scalars(select(Payment.id)).one()
        with both_have_read(engine, patience, "UPDATE payments") as enter:

            def settle(_: int) -> None:
                enter()
                settling.settle(charging.CHARGE, payment_id, Approved("ch_1", "123456", clock.now()), None)

            answers = at_once(own, 2, settle)
        assert all(answer is None or isinstance(answer, StaleDataError | IntegrityError) for answer in answers)
        with own.app_context():
            return len(db.session.scalars(select(Policy.id)).all())

    return hear_twice


def test_without_any_protection_one_approval_heard_twice_is_two_policies(database, own_app, hear_twice, any_state):
    any_state(True)
    everything = (POLICY_KEYS, *OF_DIALECT[make_url(database).get_backend_name()])
    assert hear_twice(own_app(*everything), 20) == 2


def test_each_protection_alone_makes_it_one_policy(database, own_app, hear_twice, any_state):
    everything = (POLICY_KEYS, *OF_DIALECT[make_url(database).get_backend_name()])
    any_state(True)
    for kept in everything:
        without = [one for one in everything if one != kept]
        assert hear_twice(own_app(*without), 0.5 if kept == TURNS else 20) == 1, f"only {kept} was kept"
    if database.startswith("postgresql"):  # there, who waits for a row reads what follows after the other's commit
        any_state(False)
        assert hear_twice(own_app(*everything), 20) == 1, "only the tables of transitions were kept"
