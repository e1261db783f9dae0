"""Redis away at the sale and empty afterwards: people buy all the same, and what they bought comes by itself."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import ColumnElement, func, select

from portal.domain.message import MessageState
from portal.extensions import Base, db
from portal.models import Message, Policy
from tests.factories import Stage
from tests.faults.buyers import Buyer
from tests.faults.ensemble import Ensemble
from tests.faults.invariants import assert_all_hold
from tests.processes import PATIENCE, until

PEOPLE = 4
FAR_TOO_MANY = 400


def count(portal: Ensemble, what: type[Base], *where: ColumnElement[bool]) -> int:
    with portal.app.app_context():
        return db.session.scalar(select(func.count()).select_from(what).where(*where)) or 0


@pytest.mark.one_database
def test_without_redis_everybody_buys_and_gets_all_of_it_once_redis_is_back_empty(portal, say):
    portal.start()
    somebody = [portal.make.customer() for _ in range(PEOPLE)]
    buyers = [Buyer(portal, one, portal.make.purchase(one, Stage.METHOD)) for one in somebody]
    for number, buyer in enumerate(buyers):
        buyer.server = number
        buyer.sign_in()
    portal.redis.stop()
    deadline = time.monotonic() + PATIENCE
    with ThreadPoolExecutor(PEOPLE) as pool:
        assert all(pool.map(lambda buyer: buyer.buy(deadline=deadline), buyers))
    assert [(buyer.failures, buyer.unkind, buyer.sign_ins) for buyer in buyers] == [(0, [], 1)] * PEOPLE
    assert count(portal, Policy) == PEOPLE
    assert count(portal, Message, Message.kind == "policy", Message.state == MessageState.SENT) == 0

    portal.redis.start()
    back = time.monotonic()
    until(lambda: count(portal, Message, Message.state == MessageState.SENT), "the first mail leaves")
    portal.redis.stop()
    portal.redis.start()  # empty once more, in the midst of it
    until(lambda: not portal.owed(), "all is delivered")
    say(f"\n{PEOPLE} of {PEOPLE} sold without Redis are delivered {time.monotonic() - back:.0f} s after it is back")
    assert_all_hold(portal.app, portal.bank.ledger.entries(), portal.mailbox.mails())
    for buyer in buyers:
        assert buyer.get(f"/compras/{buyer.public_id}").url.path.endswith("/resumen")
        assert buyer.sign_ins == 1, "the session lived on"
        buyer.close()
    portal.kill_all()


@pytest.mark.one_database
def test_without_redis_each_web_process_keeps_the_limits_by_itself(portal):
    portal.redis.stop()
    try:
        portal.start("web-0")
        with httpx.Client(base_url=portal.urls[0], timeout=PATIENCE, trust_env=False) as client:
            answers = [client.get("/verificar/ninguna").status_code for _ in range(FAR_TOO_MANY)]
    finally:
        portal.kill_all()
        portal.redis.start()
    assert 429 in answers
    assert 500 not in answers
