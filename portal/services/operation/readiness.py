"""Whether this process could do its work now: the database takes a write, its schema is ours, there is room for files.

Each part is asked in a thread of its own and given LONGEST: a database behind a broken network answers nothing at all,
and whoever asks whether we are ready must hear it all the same.
"""

import secrets
import shutil
import threading
from collections.abc import Callable
from enum import StrEnum
from time import monotonic
from typing import ClassVar

import structlog
from flask import Flask, current_app
from sqlalchemy import insert

from portal.domain import clock
from portal.extensions import queue
from portal.models import Lease
from portal.models.transaction import writing
from portal.services.operation import schema
from portal.settings import current_settings

log = structlog.get_logger(__name__)

LONGEST = 3.0  # seconds


class Health(StrEnum):
    """How a part stands. Only `FAILS` keeps visitors away."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILS = "fails"


def parts() -> dict[str, Health]:
    """Each part by its name. Bounded by LONGEST, whatever is away."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy's
    deadline = monotonic() + LONGEST
    asked = [(name, Question.of(name, check).ask(app), worst) for name, check, worst in _CHECKS]
    return {name: Health.OK if answer.within(deadline) else worst for name, answer, worst in asked}


def is_ready(found: dict[str, Health]) -> bool:
    """Whether the portal can serve: what is only degraded does not keep it from that."""
    return Health.FAILS not in found.values()


class Question:
    """A check under way, once at a time: one that hangs is waited for, never asked again beside itself."""

    _known: ClassVar[dict[str, "Question"]] = {}  # one of each in this process
    _lock = threading.Lock()

    def __init__(self, name: str, check: Callable[[], bool]) -> None:
        self._name = name
        self._check = check
        self._is_good = False
        self._ended = threading.Event()
        self._ended.set()

    @classmethod
    def of(cls, name: str, check: Callable[[], bool]) -> "Question":
        """The one of that name in this process."""
        with cls._lock:
            return cls._known.setdefault(name, cls(name, check))

    def ask(self, app: Flask) -> "Question":
        """Begin the check, unless it is under way."""
        with self._lock:
            if self._ended.is_set():
                self._ended.clear()
                threading.Thread(target=self._run, args=(app,), name=f"ready-{self._name}", daemon=True).start()
        return self

    def within(self, deadline: float) -> bool:
        """Whether the answer came in time and was good."""
        return self._ended.wait(max(0.0, deadline - monotonic())) and self._is_good

    def _run(self, app: Flask) -> None:
        is_good = False
        try:
            with app.app_context():
                is_good = self._check()
        except Exception as error:
            # Whatever it is, the part fails, and the line tells the operator what kind of failure it was.
            log.warning("not_ready", part=self._name, reason=type(error).__name__)
        finally:
            self._is_good = is_good
            self._ended.set()


class _Enough(Exception):
    """The write went through; it is taken back."""


def _takes_a_write() -> bool:
    try:
        with writing() as session:
            # A name of its own: two that ask at once never wait for each other.
            session.execute(insert(Lease).values(name=f"ready-{secrets.token_hex(8)}", until=clock.now()))
            raise _Enough
    except _Enough:
        return True


def _has_room() -> bool:
    settings = current_settings()
    return all(
        shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free >= settings.min_free_disk
        for folder in (settings.storage_folder, settings.data_folder)
    )


_CHECKS = (
    ("database", _takes_a_write, Health.FAILS),
    ("migrations", schema.is_current, Health.FAILS),
    ("disk", _has_room, Health.FAILS),
    ("redis", queue.is_reachable, Health.DEGRADED),
)
