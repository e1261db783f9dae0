"""Signs of life of the background work: written by a thread of each process, and never in the work's way."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from rq import Worker
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.extensions import db, queue
from portal.models import Heartbeat
from portal.services.operation import retention
from portal.services.platform import heartbeats
from tests.processes import PATIENCE, until, worker
from workers.heartbeats import beating

Env = dict[str, str]


@pytest.fixture
def env(portal_env: Env) -> Env:
    return {"BASE_URL": "http://localhost", **portal_env}


def parts(app: Flask) -> list[str]:
    with app.app_context():
        return [one.part for one in heartbeats.alive()]


def is_at_its_post() -> bool:
    return [one.get_state() for one in Worker.all(connection=queue.redis)] == ["idle"]


def standing(app: Flask, part: str) -> heartbeats.PartStatus:
    with app.app_context():
        (found,) = heartbeats.standing([part])
        return found


@pytest.mark.parametrize("part", ["mail", "schedule"])
def test_a_process_says_that_it_is_alive_and_that_it_stopped(app: Flask, env: Env, tmp_path: Path, part: str) -> None:
    with worker(env, part, tmp_path / "log") as running:
        until(lambda: parts(app) == [part], "the process says so")
        if part == "mail":
            until(is_at_its_post, "the worker takes signals")
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=PATIENCE) == 0
    assert parts(app) == []
    assert standing(app, part) == heartbeats.PartStatus(part, is_alive=False)


def test_who_died_is_missed_after_a_minute_and_since_when_is_known(app: Flask, clock: Callable[..., None]) -> None:
    with app.app_context():
        heartbeats.beat("mail@a:1", "mail", portal_clock.now())
        heartbeats.beat("mail@b:2", "mail", portal_clock.now())
        last = db.session.get_one(Heartbeat, "mail@b:2").seen_at
    assert standing(app, "mail").is_alive
    clock(seconds=61)
    assert standing(app, "mail") == heartbeats.PartStatus("mail", is_alive=False, stopped_at=last)
    with app.app_context():
        heartbeats.beat("mail@a:1", "mail", portal_clock.now())
    assert standing(app, "mail").is_alive, "one of two is enough"


def test_the_rows_of_the_long_dead_are_forgotten(app: Flask, clock: Callable[..., None]) -> None:
    with app.app_context():
        heartbeats.beat("mail@a:1", "mail", portal_clock.now())
    clock(days=8)
    with app.app_context():
        heartbeats.beat("mail@b:2", "mail", portal_clock.now())
        retention.forget()
        assert [one.name for one in db.session.scalars(select(Heartbeat))] == ["mail@b:2"]


def test_a_database_that_is_away_neither_stops_the_work_nor_its_signs(
    app: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written: list[str] = []
    asked: list[str] = []

    def beat(name: str, part: str, started_at: object) -> None:
        asked.append(name)
        if len(asked) < 3:
            raise ConnectionError("the database is away")
        written.append(name)

    monkeypatch.setattr(heartbeats, "beat", beat)
    monkeypatch.setattr(heartbeats, "BEAT", heartbeats.BEAT / 1000)
    with beating(app, "charges"):
        until(lambda: bool(written), "it writes again once the database is back")
    assert capsys.readouterr().out.count("heartbeat_failed") == 2
