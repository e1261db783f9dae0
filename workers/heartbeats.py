"""The sign of life of a worker: a small thread that writes it, and that nothing of the work waits for."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from flask import Flask

from portal.domain import clock
from portal.services.platform import heartbeats

log = structlog.get_logger(__name__)

_LAST_SECONDS = 3  # a database that does not answer must not keep a worker from stopping


@contextmanager
def beating(app: Flask, part: str) -> Iterator[None]:
    """While inside, the database hears that this process is at work on `part`; after a stop it hears that too."""
    name = f"{part}@{socket.gethostname()[:80]}:{os.getpid()}"
    stopping = threading.Event()
    thread = threading.Thread(target=_keep, args=(app, name, part, stopping), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(_LAST_SECONDS)


def _keep(app: Flask, name: str, part: str, stopping: threading.Event) -> None:
    started_at = clock.now()
    while not stopping.is_set():
        _write(app, lambda: heartbeats.beat(name, part, started_at))
        stopping.wait(heartbeats.BEAT.total_seconds())
    _write(app, lambda: heartbeats.remove(name))


def _write(app: Flask, write: Callable[[], None]) -> None:
    try:
        with app.app_context():
            write()
    except Exception as error:
        # The database being away among others: the work goes on, and so do the signs of it.
        log.warning("heartbeat_failed", reason=type(error).__name__)
