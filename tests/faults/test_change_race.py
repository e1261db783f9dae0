"""The clerk at the desk and the customer at home ask at once to end the same policy: one of their changes is open, and
its code alone ends it; and the control of that: without its protections both are open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.engine import make_url

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.policy_change import ChangeState
from portal.extensions import db
from portal.models import PolicyChange
from portal.services.desk import search
from portal.services.policies import policy as policies
from portal.services.servicing import ending
from tests.databases import all_of
from tests.draining import drain
from tests.factories import Factories
from tests.faults.protections import LOCK, ONE_CHANGE, TURNS, both_have_read
from tests.services.at_once import together

LOCKED = {"sqlite": TURNS, "postgresql": LOCK}


@pytest.fixture
def race(bank) -> Callable[[Flask, float], list[ChangeState]]:
    """Both ask: how their changes stand afterwards."""

    def race(own: Flask, patience: float) -> list[ChangeState]:
        make = Factories(own)
        juana, clerk = make.customer(), make.collaborator()
        number = make.policy(juana)
        drain(own)
        with own.app_context():
            search.find(juana.identity.number, clerk.actor)
            shown = ending.stamp(ending.preview(policies.get(number, juana.actor), clock.now()))
            engine = db.engine
        with both_have_read(engine, patience, ("INSERT INTO policy_changes", "UPDATE policy_changes")) as enter:

            def ask(actor: Actor) -> None:
                enter()
                ending.ask(number, actor, agency_code=None, shown=shown)

            answers = together(own, lambda: ask(juana.actor), lambda: ask(clerk.actor))
        assert answers == [None, None]
        with own.app_context():
            return all_of(select(PolicyChange.state).order_by(PolicyChange.id))

    return race


def test_one_of_them_is_open(own_app, race):
    assert race(own_app(), 0.5) == [ChangeState.WITHDRAWN, ChangeState.OPEN]


def test_the_index_alone_keeps_the_second_out(database, own_app, race):
    outcome = race(own_app(LOCKED[make_url(database).get_backend_name()]), 20)
    assert outcome == [ChangeState.WITHDRAWN, ChangeState.OPEN]


def test_without_their_protections_both_are(database, own_app, race):
    without = LOCKED[make_url(database).get_backend_name()], ONE_CHANGE
    assert race(own_app(*without), 20) == [ChangeState.OPEN, ChangeState.OPEN]
