"""The database is busy, or its server ends at once: who asks waits, or reads how to go on; nothing is half done."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import make_url

from portal.domain import clock
from portal.extensions import db
from portal.models import Policy, Purchase
from portal.services.operation import bordereaux
from tests.factories import Stage
from tests.faults.buyers import Buyer
from tests.faults.invariants import assert_all_hold
from tests.processes import PATIENCE, until

PEOPLE = 4


@contextmanager
def written_elsewhere(address: str) -> Iterator[None]:
    """Another program is at work on the purchases, and does not end."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        _arguments, given = url.get_dialect()().create_connect_args(url)
        with psycopg.connect(**given) as other:
            other.execute("SELECT id FROM purchases FOR UPDATE")
            yield
            other.rollback()


@pytest.fixture
def answering(make, client) -> tuple[Any, str]:
    """Somebody about to answer a step, with what they typed: the page and its address."""
    juana = make.customer()
    address = f"/compras/{make.purchase(juana, Stage.BENEFICIARIES)}/forma-de-pago"
    return client.sign_in(juana).get(address), address


def typed(page: Any) -> dict[str, str]:
    bank = page.document.xpath("//input[@name='banco']/@value")[0]
    return {"forma": "cuenta", "banco": bank, "digitos": "4821", "vence": f"12/{clock.today().year + 2}"}


def test_while_another_writes_an_answer_waits_its_turn(app, client, answering, rows, env):
    page, address = answering
    begun = time.monotonic()
    with ThreadPoolExecutor(1) as pool, written_elsewhere(env["DATABASE_URL"]):
        answer = pool.submit(client.submit, page, typed(page))
        threading.Event().wait(0.7)
        assert not answer.done()
        assert rows(select(Purchase.account_token)) == [None]
    assert answer.result().path != address
    assert time.monotonic() - begun > 0.7
    assert rows(select(Purchase.card_last4)) == ["4821"]


def test_a_database_that_stays_busy_is_said_kindly_and_the_same_answer_is_taken_later(
    app, client, answering, rows, env
):
    page, address = answering
    with app.app_context():
        engine = db.engine
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        usual = connection.exec_driver_sql("PRAGMA busy_timeout" if is_sqlite else "SHOW lock_timeout").scalar()
    assert usual == (15_000 if is_sqlite else "15s")

    def is_impatient(connection: Any, _record: object, _proxy: object) -> None:
        """15 seconds are long for a test."""
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA busy_timeout = 300" if is_sqlite else "SET lock_timeout = '300ms'")

    event.listen(engine, "checkout", is_impatient)
    try:
        with written_elsewhere(env["DATABASE_URL"]):
            form = next(form for form in page.document.forms if "digitos" in form.fields)
            sent = {name: value or "" for name, value in form.fields.items()} | typed(page)
            answer = client.raw.post(address, data=sent)
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        assert "minuto" in answer.text or "momento" in answer.text
        assert rows(select(Purchase.card_last4)) == [None]
        assert client.submit(page, typed(page)).path != address
        assert rows(select(Purchase.card_last4)) == ["4821"]
    finally:
        event.remove(engine, "checkout", is_impatient)
        with app.app_context():
            db.engine.dispose()


def test_an_answer_that_is_ready_is_given_though_the_database_ends_behind_it(portal):
    if portal.postgres is None:
        pytest.skip("SQLite has no server that could end")
    with portal.app.app_context():
        assert db.session.scalar(select(1)) == 1
        portal.postgres.stop(signal.SIGQUIT)
    portal.postgres.start()
    with portal.app.app_context():
        assert db.session.scalar(select(1)) == 1


def test_a_database_server_that_ends_at_once_in_mid_sale_is_waited_for_by_everybody(portal, say):
    """Nobody is started again: web, workers and schedule find their way back by themselves."""
    if portal.postgres is None:
        pytest.skip("SQLite has no server that could end")
    portal.start()
    before = {name: part.running.pid for name, part in portal.parts.items()}
    somebody = [portal.make.customer() for _ in range(PEOPLE)]
    buyers = [Buyer(portal, one, portal.make.purchase(one, Stage.METHOD)) for one in somebody]
    deadline = time.monotonic() + PATIENCE
    with ThreadPoolExecutor(PEOPLE) as pool:
        buying = [pool.submit(buyer.buy, deadline=deadline, card="0020") for buyer in buyers]
        until(lambda: portal.bank.ledger.entries()["charges"], "the bank is asked for money")
        portal.postgres.stop(signal.SIGQUIT)
        time.sleep(1)
        portal.postgres.start()
        back = time.monotonic()
        late = portal.make.customer()
        newcomer = Buyer(portal, late, portal.make.purchase(late, Stage.TERMS))
        assert newcomer.buy(deadline=deadline)
        next_sale = time.monotonic() - back
        assert all(one.result() for one in buying)
    with portal.app.app_context():
        bordereaux.keep_up()  # the schedule would go on with what was broken off at its next turn only
    until(lambda: not portal.owed(), "all is delivered")
    say(f"\nPostgreSQL is back: next sale after {next_sale:.0f} s, all delivered after {time.monotonic() - back:.0f} s")
    assert {name: part.running.pid for name, part in portal.parts.items()} == before
    assert all(part.running.poll() is None for part in portal.parts.values())
    assert [words for buyer in [*buyers, newcomer] for words in buyer.unkind] == []
    with portal.app.app_context():
        assert len(db.session.scalars(select(Policy.id)).all()) == PEOPLE + 1
    assert_all_hold(portal.app, portal.bank.ledger.entries(), portal.mailbox.mails(), duplicates=1)
    portal.kill_all()
    for buyer in [*buyers, newcomer]:
        buyer.close()
