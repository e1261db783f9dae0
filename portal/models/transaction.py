"""The one way to write: a transaction that a service opens, and that commits once, at its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import scoped_session
from sqlalchemy.orm.exc import StaleDataError

from portal.extensions import db

# How a row is locked to be changed: `with_for_update=NOT_THE_KEY`. The stronger default holds up whoever only refers
# to it too: the audit row of its account, written by somebody who holds the counter that this transaction needs next.
NOT_THE_KEY = {"key_share": True}

_MOST_TRIES = 5
Result = TypeVar("Result")

_writing: ContextVar[bool] = ContextVar("writing", default=False)


@contextmanager
def writing() -> Iterator[scoped_session[Any]]:
    """A transaction that may write; commits at the end, rolls back on any error.

    What was read before is read again inside it: SQLite takes its write lock at BEGIN, so that nothing read
    in here can be stale, and PostgreSQL begins a new snapshot.
    """
    if _writing.get():
        raise RuntimeError("a use case inside another: only the outer one owns the transaction")
    db.session.rollback()
    token = _writing.set(True)
    try:
        yield db.session
        db.session.commit()
    except BaseException:
        db.session.info.pop("after_commit", None)  # first: the connection may be gone, and the rollback fail too
        db.session.rollback()
        raise
    finally:
        _writing.reset(token)
    for action in db.session.info.pop("after_commit", []):
        action()


def judged_anew(work: Callable[[], Result]) -> Result:
    """What `work` gives, a use case that writes: begun again, as all stands now, when somebody else wrote the same row
    at this very moment. Raises StaleDataError, IntegrityError when that never ends."""
    for _ in range(_MOST_TRIES - 1):
        try:
            return work()
        except (StaleDataError, IntegrityError):
            continue
    return work()


def after_commit(action: Callable[[], object]) -> None:
    """Run `action` once the present transaction has committed; never when it rolls back."""
    db.session.info.setdefault("after_commit", []).append(action)


def end_reading() -> None:
    """Let go of the read transaction, before talking to something slow."""
    db.session.rollback()


def let_go(_error: BaseException | None = None) -> None:
    """End what a request or job still reads. A server that went away meanwhile takes no answer back that is ready."""
    try:
        db.session.remove()
    except DBAPIError:
        db.session().invalidate()


def prepare_sqlite(engine: Engine) -> None:
    """WAL, foreign keys, waiting instead of failing, and BEGIN IMMEDIATE for transactions that write."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGIN comes too late for IMMEDIATE
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 15000")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # an acknowledged payment survives a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
