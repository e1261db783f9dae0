"""The control of a claim's payment: without its protection what is owed to a person is paid twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from portal.domain.claim import PayoutWay
from portal.extensions import db
from portal.models import ClaimAward, ClaimParty, Payout
from portal.models.transaction import writing
from portal.services.claims import paying
from tests.factories import CCI, Factories
from tests.faults.protections import STANDING, TURNS, both_have_read
from tests.services.at_once import at_once

PROTECTIONS = {"sqlite": (STANDING, TURNS), "postgresql": (STANDING,)}


@pytest.fixture
def paid(bank) -> Callable[[Flask, float], object]:
    """What somebody is owed, paid by two at once who both saw that nobody has: how many payouts there are."""

    def paid(own: Flask, patience: float) -> object:
        make = Factories(own)
        juana = make.customer()
        make.approve(make.claim(juana, complete=True))
        with own.app_context(), writing() as session:
            session.execute(update(ClaimParty).values(way=PayoutWay.ACCOUNT, cci=CCI))
            engine, award_id = db.engine, session.scalars(select(ClaimAward.id)).one()
        with both_have_read(engine, patience, "UPDATE counters") as enter:

            def pay(_: int) -> None:
                enter()
                with writing() as session:
                    paying.open_for(session.get_one(ClaimAward, award_id), juana.actor)

            answers = at_once(own, 2, pay)
        assert all(answer is None or isinstance(answer, IntegrityError) for answer in answers), answers
        with own.app_context():
            return db.session.scalar(select(func.count()).select_from(Payout))

    return paid


def test_without_its_protection_two_payouts_stand(database, own_app, paid):
    assert paid(own_app(*PROTECTIONS[make_url(database).get_backend_name()]), 20) == 2


def test_with_it_one_does(own_app, paid):
    assert paid(own_app(), 0.5) == 1
