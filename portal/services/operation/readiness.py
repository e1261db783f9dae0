"""Whether this process could do its work now: the database takes a write, its schema is ours, there is room for files.

Each part is asked in a thread of its own and given LONGEST: a database behind a broken network answers nothing at all,
and whoever asks whether we are ready must hear it all the same.
"""

import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import ClassVar

import structlog
from flask import Flask, current_app
from sqlalchemy import insert

from portal.domain import clock
from portal.extensions import queue
from portal.models import Lease
from portal.models.transaction import writing
from portal.services.documents import signing
from portal.services.operation import schema
from portal.settings import current_settings

log = structlog.get_logger(__name__)

LONGEST = 3.0  # seconds

Check = Callable[[], str | None]


class Health(StrEnum):
    """How a part stands. Only `FAILS` keeps visitors away."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Readiness:
    """`parts`: how each stands, by its name. `why`: the reason for each that is not well, which names no address."""

    parts: dict[str, Health]
    why: dict[str, str]

    @property
    def is_ready(self) -> bool:
        """Whether the portal can serve: what is only degraded does not keep it from that."""
        return Health.FAILS not in self.parts.values()


def ask() -> Readiness:
    """How it stands now. Bounded by LONGEST, whatever is away."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy's
    deadline = monotonic() + LONGEST
    asked = [(name, Question.of(name, check).ask(app), worst) for name, check, worst in _CHECKS]
    why = {name: trouble for name, answer, _worst in asked if (trouble := answer.within(deadline)) is not None}
    return Readiness({name: worst if name in why else Health.OK for name, _answer, worst in asked}, why)


class Question:
    """A check under way, once at a time: one that hangs is waited for, never asked again beside itself. It answers with
    the trouble there is, or None."""

    _known: ClassVar[dict[str, "Question"]] = {}  # one of each in this process
    _lock = threading.Lock()

    def __init__(self, name: str, check: Check) -> None:
        self._name = name
        self._check = check
        self._trouble: str | None = None
        self._ended = threading.Event()
        self._ended.set()

    @classmethod
    def of(cls, name: str, check: Check) -> "Question":
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

    def within(self, deadline: float) -> str | None:
        """The trouble, None without any; an answer that does not come in time is one."""
        in_time = self._ended.wait(max(0.0, deadline - monotonic()))
        return self._trouble if in_time else "it did not answer in time"

    def _run(self, app: Flask) -> None:
        trouble: str | None = "it could not be asked"
        try:
            with app.app_context():
                trouble = self._check()
        except Exception as error:
            # Whatever it is, the part fails, and the line tells the operator what kind of failure it was.
            trouble = f"it can't be used ({type(error).__name__})"
            log.warning("not_ready", part=self._name, reason=type(error).__name__)
        finally:
            self._trouble = trouble
            self._ended.set()


class _Enough(Exception):
    """The write went through; it is taken back."""


def trouble_of_a_write() -> str | None:
    """None: the database took a write, which is taken back. Raises SQLAlchemyError when it takes none."""
    try:
        with writing() as session:
            # A name of its own: two that ask at once never wait for each other.
            session.execute(insert(Lease).values(name=f"ready-{secrets.token_hex(8)}", until=clock.now()))
            raise _Enough
    except _Enough:
        return None


def _migrations() -> str | None:
    return None if schema.is_current() else "its schema is older than this release: flask --app wsgi db upgrade"


def trouble_of_room() -> str | None:
    """In words that files lack MIN_FREE_DISK_MB of room, where they are kept or while they are received; None when they
    have it."""
    settings = current_settings()
    folders = (settings.storage_folder, settings.data_folder, Path(tempfile.gettempdir()))
    has_room = all(
        shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free >= settings.min_free_disk
        for folder in folders
    )
    return None if has_room else "less than MIN_FREE_DISK_MB is left"


def _bell() -> str | None:
    trouble = queue.trouble()
    return trouble and f"{trouble}: what is owed is done without it, more slowly"


def _signing() -> str | None:
    # Of a file that can't be read the reason names its place, which is for the log and for `flask check`.
    if (trouble := signing.trouble()) is None:
        return None
    log.warning("signing_unusable", reason=trouble)
    return "SIGNING_CERTIFICATE can't be used: what is to be signed waits"


_CHECKS = (
    ("database", trouble_of_a_write, Health.FAILS),
    ("migrations", _migrations, Health.FAILS),
    ("disk", trouble_of_room, Health.FAILS),
    ("redis", _bell, Health.DEGRADED),
    ("signing", _signing, Health.DEGRADED),
)
