"""The queue for real: a Redis that comes and goes, and workers in processes of their own."""

from __future__ import annotations

import json
import signal
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from rq import Queue, Worker
from rq.serializers import JSONSerializer
from sqlalchemy import select

from portal.domain import clock
from portal.domain.payment import PaymentState
from portal.extensions import db, queue
from portal.models import Document, OutboxRow, OutboxState, Payment
from portal.models.transaction import writing
from portal.services.desk.background import FAMILIES
from portal.services.platform import outbox
from tests.draining import owed_now
from tests.factories import Factories, Someone
from tests.processes import PATIENCE, until, worker
from tests.servers import RedisServer
from workers.queues import QueueWorker
from workers.standing_in import standing_in

Env = dict[str, str]


@pytest.fixture
def env(portal_env: Env) -> Env:
    return {"BASE_URL": "http://localhost", **portal_env}


@pytest.fixture
def redis_away(app: Flask, redis_server: RedisServer) -> Iterator[RedisServer]:
    """Redis is stopped; the test may start it again, empty."""
    redis_server.stop()
    yield redis_server
    if not redis_server.running:
        redis_server.start()


@pytest.fixture
def me(make: Factories) -> Someone:
    return make.customer()


def test_a_worker_waits_for_a_job_longer_than_whoever_rings_waits_for_redis(app: Flask) -> None:
    assert queue.is_reachable(), "whose connection stays, with its short patience"
    worker = QueueWorker(app, "mail")
    connection = worker.connection.connection_pool.get_connection()
    assert int(connection.socket_timeout or 0) >= worker.connection_timeout


def documents_ready(app: Flask) -> Callable[[], bool]:
    def ready() -> bool:
        with app.app_context():
            rows = db.session.scalars(select(Document)).all()
            return bool(rows) and all(row.is_ready for row in rows)

    return ready


def waiting(server: RedisServer, name: str) -> list[str]:
    return Queue(name, connection=server.client, serializer=JSONSerializer).job_ids


def test_what_is_owed_is_done_at_once_by_its_worker(
    app: Flask, make: Factories, me: Someone, env: Env, tmp_path: Path
) -> None:
    with worker(env, "quotes", tmp_path / "log"):
        make.printed_quote(me)
        until(documents_ready(app), "the worker renders the quote")
    with app.app_context():
        assert {row.state for row in db.session.scalars(select(OutboxRow))} == {OutboxState.DONE}


@pytest.mark.one_database
def test_a_policy_is_printed_next_whatever_number_of_quotes_waits(
    app: Flask, make: Factories, me: Someone, env: Env, tmp_path: Path, redis_server: RedisServer
) -> None:
    for _ in range(30):
        somebody = make.customer()
        for _ in range(5):
            make.printed_quote(somebody)
    make.policy(me)
    assert len(waiting(redis_server, "quotes")) == 150
    assert len(waiting(redis_server, "documents")) == 1
    with worker(env, "documents", tmp_path / "log"):
        until(lambda: _printed(app) == ["policy"], "the policy is printed")
    assert len(waiting(redis_server, "quotes")) == 150


def _printed(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Document.kind).where(Document.storage_key.is_not(None))))


@pytest.mark.one_database
def test_the_queue_holds_an_id_in_json_and_nothing_of_a_person(
    app: Flask, make: Factories, me: Someone, redis_server: RedisServer
) -> None:
    make.printed_quote(me)
    (job_id,) = waiting(redis_server, "quotes")
    with redis_server.client as client:
        stored = client.hgetall(f"rq:job:{job_id}")
        data = json.loads(zlib.decompress(stored[b"data"]))
    with app.app_context():
        row = db.session.scalars(select(OutboxRow)).one()
    assert data == ["workers.quotes.render", None, [row.id], {}]


def test_a_lost_queue_is_rung_again_and_served(
    app: Flask,
    make: Factories,
    me: Someone,
    env: Env,
    redis_server: RedisServer,
    clock: Callable[..., None],
    tmp_path: Path,
) -> None:
    make.printed_quote(me)
    with redis_server.client as client:
        client.flushall()
    with app.app_context():
        assert outbox.enqueue_due() == 0, "it was rung a moment ago"
        clock(seconds=16)
        assert outbox.enqueue_due() == 1
        assert outbox.enqueue_due() == 0, "once for all who ask"
        clock()
    with worker(env, "quotes", tmp_path / "log"):
        until(documents_ready(app), "the worker renders what was rung anew")


@pytest.mark.one_database
def test_a_worker_goes_on_when_redis_comes_back_empty(
    app: Flask, make: Factories, me: Someone, env: Env, redis_server: RedisServer, tmp_path: Path
) -> None:
    with worker(env, "quotes", tmp_path / "log") as running:
        make.printed_quote(me)
        until(documents_ready(app), "the worker is at work")
        redis_server.stop()
        redis_server.start()
        make.printed_quote(me)
        until(documents_ready(app), "the same worker renders the next")
        assert running.poll() is None


@pytest.mark.one_database
def test_a_worker_may_be_started_before_redis(
    app: Flask, make: Factories, me: Someone, env: Env, redis_away: RedisServer, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with worker(env, "quotes", log):
        until(lambda: "queue_unreachable" in log.read_text(), "the worker finds no Redis")
        redis_away.start()
        make.printed_quote(me)
        until(documents_ready(app), "it does its work all the same")


@pytest.mark.one_database
@pytest.mark.parametrize("redis_is_there", [True, False])
def test_a_worker_ends_when_it_is_told_to(
    app: Flask, env: Env, redis_server: RedisServer, tmp_path: Path, redis_is_there: bool
) -> None:
    with worker(env, "mail", tmp_path / "log") as running:
        with redis_server.client as client:
            until(lambda: any(one.get_state() == "idle" for one in Worker.all(client)), "the worker is at its post")
        try:
            if not redis_is_there:
                redis_server.stop()
            running.send_signal(signal.SIGTERM)
            assert running.wait(timeout=PATIENCE) == 0
        finally:
            if not redis_server.running:
                redis_server.start()


@pytest.mark.one_database
def test_the_schedule_alone_does_what_is_owed_while_redis_is_away(
    app: Flask, make: Factories, me: Someone, redis_away: RedisServer, env: Env, tmp_path: Path
) -> None:
    make.policy(me)
    with app.app_context():
        assert db.session.scalars(select(Payment)).one().state is PaymentState.APPROVED, "charged in this process"
    with worker(env, "schedule", tmp_path / "log"):
        until(documents_ready(app), "quote and policy are rendered")
        until(lambda: not owed(app), "and mailed")


@pytest.mark.one_database
def test_whoever_stands_in_leaves_what_another_holds_and_stops_when_redis_is_back(
    app: Flask, make: Factories, me: Someone, redis_away: RedisServer
) -> None:
    make.policy(me)
    before = owed(app)
    with app.app_context():
        (held,) = outbox.due("documents", limit=9)
        with writing() as session:
            session.get_one(OutboxRow, held).locked_until = clock.now() + outbox.LEASE
        assert outbox.due("documents", limit=9) == []
        assert not queue.is_reachable()
        redis_away.start()
        assert queue.is_reachable()
        with writing() as session:
            session.get_one(OutboxRow, held).locked_until = None
    with standing_in(app, FAMILIES):
        pass  # each looks once, and Redis is there
    assert owed(app) == before


def owed(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(select(OutboxRow.id).where(owed_now())))
