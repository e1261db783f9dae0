"""Several actors at the same moment, each in a thread and an application context of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from flask import Flask
from sqlalchemy import text

from portal.extensions import db
from portal.models import transaction
from tests.processes import PATIENCE

_A_MOMENT = 0.02


def at_once(app: Flask, times: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work(0)` … `work(times - 1)` gave, or the exception that each raised; all begin together."""
    ready = threading.Barrier(times)

    def one(number: int) -> Any:
        with app.app_context():
            ready.wait(PATIENCE)
            try:
                return work(number)
            except Exception as error:
                return error

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def together(app: Flask, *works: Callable[[], Any]) -> list[Any]:
    """What each of them gave, or the exception that it raised; all begin together."""
    return at_once(app, len(works), lambda number: works[number]())


def in_the_midst(app: Flask, monkeypatch: Any, at: tuple[Any, str], first: Callable[[], Any], second: Any) -> list[Any]:
    """What both gave, or the exceptions that they raised: `second` begins when `first` comes to the function `at`, and
    `first` goes on when `second` has ended, or waits for it."""
    module, name = at
    reached, original = threading.Event(), getattr(module, name)

    def held(*args: Any, **named: Any) -> Any:
        if not reached.is_set():
            reached.set()
            while not (wait([others], _A_MOMENT).done or _somebody_waits()):
                pass
        return original(*args, **named)

    def one(work: Callable[[], Any]) -> Any:
        with app.app_context():
            try:
                return work()
            except Exception as error:
                return error

    def after() -> Any:
        assert reached.wait(PATIENCE), f"nobody came to {name}"
        return one(second)

    with ThreadPoolExecutor(2) as pool, monkeypatch.context() as patch:
        others = pool.submit(after)
        patch.setattr(module, name, held)
        return [pool.submit(one, first).result(PATIENCE), others.result(PATIENCE)]


def _somebody_waits() -> bool:
    """For a lock. SQLite lets nobody begin to write beside who writes."""
    if db.engine.dialect.name == "sqlite":
        return transaction._writing.get()
    with db.engine.connect() as connection:
        locked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(connection.scalar(text(locked)))
