"""What comes round: once, whoever begins it, and without Redis too."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.models import KnownBank, Lease, Payment, Signup, UserSession
from portal.services.payments import sending
from portal.services.payments.money_movement import MoneyMovement
from portal.services.payments.movements import MOVEMENTS
from tests.factories import Factories, Stage
from tests.processes import PATIENCE, until, worker
from tests.servers import RedisServer
from workers.schedule import TASKS, PeriodicTask, round_of

BY_NAME = {task.name: task for task in TASKS}


def task(run: Callable[[], Any], name: str = "sample") -> PeriodicTask:
    return PeriodicTask(name, run, every=timedelta(minutes=10), longest=timedelta(hours=1))


def test_a_round_is_run_once_until_the_next_is_due(app: Flask, clock: Callable[..., None]) -> None:
    rounds: list[int] = []
    sample = task(lambda: rounds.append(1))
    assert [round_of(app, sample) for _ in range(3)] == [True, False, False]
    clock(minutes=11)
    assert [round_of(app, sample) for _ in range(2)] == [True, False]
    assert len(rounds) == 2


def test_two_schedules_at_the_same_moment_run_it_once(app: Flask, clock: Callable[..., None]) -> None:
    rounds: list[int] = []
    sample = task(lambda: rounds.append(1))
    for number in range(5):
        clock(minutes=11 * number)
        together = threading.Barrier(6)

        def begin(together: threading.Barrier = together) -> None:
            together.wait()
            round_of(app, sample)

        threads = [threading.Thread(target=begin) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(rounds) == 5


def test_a_round_whose_process_died_is_given_up_after_its_longest_time(app: Flask, clock: Callable[..., None]) -> None:
    with app.app_context():
        db.session.add(Lease(name="sample", until=portal_clock.now() + timedelta(hours=1)))
        db.session.commit()
    assert not round_of(app, task(lambda: None))
    clock(minutes=61)
    assert round_of(app, task(lambda: None))


def test_a_clock_that_was_wrong_for_a_while_stops_no_rounds_later(app: Flask, clock: Callable[..., None]) -> None:
    clock(days=17)
    assert round_of(app, task(lambda: None))
    clock()
    assert [round_of(app, task(lambda: None)) for _ in range(2)] == [True, False]


def test_a_round_that_fails_leaves_the_next_one_its_turn(app: Flask, clock: Callable[..., None]) -> None:
    with pytest.raises(ZeroDivisionError):
        round_of(app, task(lambda: 1 / 0))
    clock(minutes=11)
    assert round_of(app, task(lambda: None))


@pytest.mark.parametrize("name", BY_NAME)
def test_every_task_runs_with_nothing_to_do(app: Flask, name: str) -> None:
    assert round_of(app, BY_NAME[name])


def test_a_payment_without_outcome_is_settled_without_redis(
    app: Flask, make: Factories, redis_server: RedisServer
) -> None:
    make.purchase(make.customer(), Stage.PAID, last4="0022")  # charged, and answered 500
    assert payment(app).state is PaymentState.UNKNOWN
    redis_server.stop()
    try:
        assert round_of(app, BY_NAME["reconcile"])
    finally:
        redis_server.start()
    assert payment(app).state is PaymentState.APPROVED


def test_one_movement_that_cannot_be_asked_for_does_not_stop_the_others(
    app: Flask, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def reconcile(kind: MoneyMovement[Any], row_id: int) -> None:
        asked.append((kind.name, row_id))
        raise ConnectionError

    monkeypatch.setattr(sending, "overdue", lambda _kind: [1, 2])
    monkeypatch.setattr(sending, "reconcile", reconcile)
    assert round_of(app, BY_NAME["reconcile"])
    assert asked == [(kind.name, row_id) for kind in MOVEMENTS for row_id in (1, 2)]


def test_the_banks_are_remembered(app: Flask) -> None:
    assert round_of(app, BY_NAME["banks"])
    with app.app_context():
        assert db.session.scalars(select(KnownBank)).all()


def test_what_there_is_no_reason_to_keep_is_forgotten(app: Flask, make: Factories, clock: Callable[..., None]) -> None:
    make.signup()
    me = make.customer()
    make.session(me)
    clock(days=91)
    make.session(me)
    assert round_of(app, BY_NAME["forget"])
    with app.app_context():
        assert len(db.session.scalars(select(UserSession)).all()) == 1
        assert db.session.scalars(select(Signup)).one().email == ""


def test_two_schedules_run_side_by_side_and_end_when_told_to(
    app: Flask, make: Factories, portal_env: dict[str, str], redis_server: RedisServer, tmp_path: Path
) -> None:
    env = {"BASE_URL": "http://localhost", "CLOCK_OFFSET_SECONDS": "20", **portal_env}
    make.printed_quote(make.customer())
    with redis_server.client as client:
        client.flushall()
        logs = [tmp_path / "one", tmp_path / "two"]
        with worker(env, "schedule", logs[0]) as one, worker(env, "schedule", logs[1]) as two:
            until(lambda: all("schedule_started" in log.read_text() for log in logs), "both run")
            until(lambda: client.llen("rq:queue:quotes"), "a schedule rings for what is owed")
            for running in (one, two):
                running.send_signal(signal.SIGTERM)
            assert [running.wait(timeout=PATIENCE) for running in (one, two)] == [0, 0]
        assert client.llen("rq:queue:quotes") == 1
    assert not [log for log in logs if "round_failed" in log.read_text()]


def payment(app: Flask) -> Payment:
    with app.app_context():
        return db.session.scalars(select(Payment)).one()
