"""Health and readiness, as a balancer asks for them."""

from __future__ import annotations

import json
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import AuthenticationError, BusyLoadingError, RedisError, TimeoutError
from sqlalchemy import select, text, update

from portal.extensions import db, queue
from portal.models import Lease
from portal.models.transaction import writing
from portal.services.operation import readiness, schema
from sandbox.embedded import free_port
from tests.guards.queries import statements
from tests.processes import PATIENCE, web_server

WELL = {"database": "ok", "migrations": "ok", "disk": "ok", "redis": "ok", "signing": "ok"}


def ready(app: Flask) -> tuple[int, Any]:
    answer = app.test_client().get("/readyz")
    return answer.status_code, answer.json


@contextmanager
def revision(app: Flask, name: str) -> Iterator[None]:
    """The database as another release left it."""
    with app.app_context(), closing(db.engine.connect()) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :name"), {"name": name})
        connection.commit()
        yield
        connection.execute(text("UPDATE alembic_version SET version_num = :name"), {"name": schema.head()})
        connection.commit()


def test_all_is_well(app: Flask) -> None:
    assert ready(app) == (200, WELL)


def test_the_write_that_shows_readiness_is_real_and_leaves_nothing(app: Flask) -> None:
    with statements(app) as seen:
        ready(app)
    assert sum(one.startswith("INSERT INTO leases") for one in seen) == 1
    with app.app_context():
        assert db.session.scalars(select(Lease)).all() == []


def test_nothing_but_health_is_told(app: Flask) -> None:
    for path in ("/healthz", "/readyz"):
        answer = app.test_client().get(path)
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
    assert app.test_client().get("/healthz").text == "ok\n"


def test_the_portal_is_ready_without_redis(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Redis.from_url(f"redis://127.0.0.1:{free_port()}/0")) as nobody:
        monkeypatch.setattr(queue, "redis", nobody)
        status, said = ready(app)
    why = said.pop("why")
    assert (status, said) == (200, WELL | {"redis": "degraded"})
    assert why == {"redis": "it can't be reached (ConnectionError): what is owed is done without it, more slowly"}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AuthenticationError("invalid password for 10.0.0.7"), "does not take the password of REDIS_URL"),
        (TimeoutError("10.0.0.7"), "does not answer in time"),
        (BusyLoadingError("10.0.0.7 loads"), "can't be reached (BusyLoadingError)"),
    ],
)
def test_why_redis_is_away_is_said_and_names_no_address(
    app: Flask, monkeypatch: pytest.MonkeyPatch, error: RedisError, words: str
) -> None:
    def refuses(*_given: object, **_named: object) -> bool:
        raise error

    monkeypatch.setattr(queue, "redis", Redis())
    monkeypatch.setattr(Redis, "ping", refuses)
    status, said = ready(app)
    assert (status, said["redis"], words in said["why"]["redis"]) == (200, "degraded", True)
    assert "10.0.0.7" not in json.dumps(said)


def test_a_full_disk_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], min_free_disk=1 << 60))
    assert ready(app) == (503, WELL | {"disk": "fails", "why": {"disk": "less than MIN_FREE_DISK_MB is left"}})


def test_no_room_for_files_that_come_in_is_one_too(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc")  # a file system without any
    assert ready(app)[1]["disk"] == "fails"


def test_a_portal_that_can_not_sign_is_ready_and_says_so(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], signing_certificate="/srv/keys/none.p12"))
    status, said = ready(app)
    assert said.pop("why")["signing"].startswith("SIGNING_CERTIFICATE can't be used")
    assert (status, said) == (200, WELL | {"signing": "degraded"})


def test_a_database_that_was_not_migrated_is_named_and_one_of_a_newer_release_is_fine(app: Flask) -> None:
    with revision(app, schema.revisions()[0]):
        status, said = ready(app)
        assert (status, "db upgrade" in said.pop("why")["migrations"]) == (503, True)
        assert said == WELL | {"migrations": "fails"}
    with revision(app, "9999"):
        assert ready(app) == (200, WELL)


def test_a_write_that_must_wait_too_long_is_answered_in_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert readiness.LONGEST == 3
    with app.app_context(), writing() as session:
        session.execute(update(Lease).values(until=Lease.until))  # SQLite: nobody else writes now
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("LOCK TABLE leases IN ACCESS EXCLUSIVE MODE"))
        monkeypatch.setattr(readiness, "LONGEST", 0.5)
        status, parts = ready(app)
        assert "ready-database" in {thread.name for thread in threading.enumerate()}, (
            "the write waits, the answer doesn't"
        )
        monkeypatch.undo()
    assert (status, parts["database"], parts["why"]["database"]) == (503, "fails", "it did not answer in time")
    assert ready(app)[0] == 200


@pytest.mark.one_database
def test_the_process_is_alive_and_not_ready_while_the_database_is_away(
    portal_env: dict[str, str], tmp_path: Path
) -> None:
    away = f"postgresql+psycopg://portal@/portal?host={tmp_path}"
    with web_server({**portal_env, "DATABASE_URL": away}, tmp_path / "log") as web:
        with urllib.request.urlopen(f"{web.url}/healthz", timeout=PATIENCE) as answer:
            assert answer.read() == b"ok\n"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{web.url}/readyz", timeout=PATIENCE).close()
        with closing(refused.value) as answer:
            said = json.loads(answer.read())
    assert refused.value.code == 503
    assert (said["database"], said["migrations"], said["disk"]) == ("fails", "fails", "ok")
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["route"] for line in lines if line["event"] == "request"].count("/healthz") == 0
