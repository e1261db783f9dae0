"""The control of the refunds' race: without its protection two refunds of one charge together exceed it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from portal.domain.errors import NotAllowed
from portal.extensions import db
from portal.models import Payment, Refund
from portal.models.transaction import writing
from portal.services.payments import bank_refunds
from tests.draining import drain
from tests.factories import AMOUNT, Factories, Stage
from tests.faults.protections import LOCK, TURNS, both_have_read
from tests.services.at_once import at_once

PROTECTION = {"sqlite": TURNS, "postgresql": LOCK}


@pytest.fixture
def given_back(bank) -> Callable[[Flask, float], object]:
    """Two refunds of the whole charge that meet: what they come to together."""

    def given_back(own: Flask, patience: float) -> object:
        juana = Factories(own).customer()
        Factories(own).purchase(juana, Stage.PAID)
        drain(own)
        with own.app_context():
            engine, charged = db.engine, db.session.scalars(select(Payment.id)).one()
        with both_have_read(engine, patience, "UPDATE counters") as enter:

            def give_back(_: int) -> None:
                enter()
                with writing() as session:
                    bank_refunds.open_for(session.get_one(Payment, charged), AMOUNT, juana.actor)

            answers = at_once(own, 2, give_back)
        assert all(answer is None or isinstance(answer, NotAllowed) for answer in answers), answers
        with own.app_context():
            return db.session.scalar(select(func.sum(Refund.amount)))

    return given_back


def test_without_its_protection_two_refunds_exceed_their_charge(database, own_app, given_back):
    assert given_back(own_app(PROTECTION[make_url(database).get_backend_name()]), 20) == 2 * AMOUNT


def test_with_it_the_second_is_refused(own_app, given_back):
    assert given_back(own_app(), 0.5) == AMOUNT
