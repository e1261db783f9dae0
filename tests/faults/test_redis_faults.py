"""Redis away, and empty afterwards: people sign up and buy all the same, and all that they are owed comes by itself."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from flask import Flask
from sqlalchemy import ColumnElement, func, make_url, select

from portal.domain.message import MessageState
from portal.extensions import Base, db
from portal.models import Message, OutboxRow, Policy
from tests import servers
from tests.draining import owed_now
from tests.factories import Stage
from tests.faults.buyers import Buyer
from tests.faults.ensemble import Ensemble
from tests.faults.invariants import assert_all_hold
from tests.journeys.stack import private_folder, running_portal
from tests.operation import newcomer
from tests.operation.walker import Walker
from tests.processes import PATIENCE, until

PEOPLE = 4
FAR_TOO_MANY = 400


def owed(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(select(OutboxRow.id).where(owed_now())))


def count(portal: Ensemble, what: type[Base], *where: ColumnElement[bool]) -> int:
    with portal.app.app_context():
        return db.session.scalar(select(func.count()).select_from(what).where(*where)) or 0


def test_without_redis_somebody_opens_an_account_buys_and_has_the_policy_by_mail(
    database: str, memory: Path, request: pytest.FixtureRequest
) -> None:
    kind = make_url(database).get_backend_name()
    with private_folder(memory, f"without-redis-{kind}") as folder, servers.redis_server(folder / "away") as redis:
        redis.stop()
        server = None if kind == "sqlite" else request.getfixturevalue("postgres")
        address = server.create("without_redis") if server else f"sqlite:///{folder}/portal.sqlite"
        with running_portal(address, folder, REDIS_URL=redis.url) as portal:
            with closing(Walker(portal.url)) as walker:
                newcomer.opens_an_account(walker, portal)
                newcomer.buys(walker, portal)
            (policy,) = [mail for mail in portal.letters.store.mails() if "Su póliza" in mail.header("Subject")]
            assert [one.data.startswith(b"%PDF") for one in policy.attachments()] == [True]
            until(lambda: not owed(portal.app), "nothing is owed")
            assert not redis.running
            before = len(portal.letters.store.mails())
            redis.start()
            until(lambda: redis.client.smembers("rq:workers"), "the workers are at their posts again")
            assert_all_hold(portal.app, portal.bank.ledger.entries(), portal.letters.store.mails())
            assert len(portal.letters.store.mails()) == before, "and nothing comes twice"


@pytest.mark.one_database
def test_without_redis_everybody_gets_what_they_bought_and_nothing_comes_twice_once_it_is_back_empty(portal, say):
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
    sold = time.monotonic()
    until(lambda: count(portal, Message, Message.state == MessageState.SENT), "the first mail leaves without Redis")
    portal.redis.start()
    portal.redis.stop()
    portal.redis.start()  # empty once more, in the midst of it
    until(lambda: not portal.owed(), "all is delivered")
    say(f"\n{PEOPLE} of {PEOPLE} sold without Redis are delivered {time.monotonic() - sold:.0f} s later")
    assert count(portal, Policy) == PEOPLE
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
