"""What keeps a second payment out, and how a database of the tests' own is left without it.

The portal has no switch for any of this: it is taken away behind its back, in a database that nobody else uses.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine, event, text

#: What makes a row unique (the partial indexes of live payments, of payouts that stand and of open changes, the keys of
#: policies, the numbers of the files that a place takes); the compare-and-swap on each row's revision; SQLite's write
#: lock from BEGIN on; PostgreSQL's lock of a row that is read to be changed.
INDEX, POLICY_KEYS, NUMBERS, SWAP, TURNS, LOCK = "index", "policy keys", "numbers", "swap", "turns", "lock"
STANDING = "standing"
#: Of those who have fetched the same day of the bank's, one goes on.
RECEIVED = "received"
ONE_CHANGE = "one change"
OF_DIALECT = {"sqlite": (SWAP, TURNS), "postgresql": (SWAP,)}

_INDEXES = {
    INDEX: "uq_payments_live",
    STANDING: "uq_payouts_standing",
    ONE_CHANGE: "uq_policy_changes_open",
    NUMBERS: "uq_stored_files_number",
}

_UNIQUE = re.compile(r",\s*(CONSTRAINT \w+ )?UNIQUE \([^)]*\)")
_LOCKED = re.compile(r" FOR (NO KEY )?UPDATE( OF \w+)?$")
_RECEIVED = re.compile(r"^(UPDATE settlements .*)settlements\.received_at IS NULL", re.DOTALL)
_COMPARED = re.compile(r"\w+\.revision = (\?|%\(\w+\)s(::\w+)?)")

Rewrite = Callable[[str], str]


def take_away(engine: Engine, protection: str) -> None:
    """Leave the database of `engine`, or what reaches it, without the protection, for good."""
    if protection in _INDEXES:
        with engine.begin() as connection:
            connection.execute(text(f"DROP INDEX {_INDEXES[protection]}"))
    if protection == POLICY_KEYS:
        (_drop_keys if engine.dialect.name == "postgresql" else _make_anew_without_keys)(engine, "policies")
    if protection == SWAP:
        _rewrite(engine, lambda statement: _COMPARED.sub(r"(1 = 1 OR \g<0>)", statement))
    if protection == RECEIVED:
        _rewrite(engine, lambda statement: _RECEIVED.sub(r"\g<1>1 = 1", statement))
    if protection == LOCK:
        _rewrite(engine, lambda statement: _LOCKED.sub("", statement))
    if protection == TURNS:
        # Each statement commits by itself: inside transactions SQLite lets no two writers read the same state.
        _rewrite(engine, lambda statement: "SELECT 1 WHERE 0" if statement.startswith("BEGIN") else statement)


def _drop_keys(engine: Engine, table: str) -> None:
    with engine.begin() as connection:
        keys = text("SELECT conname FROM pg_constraint WHERE conrelid = CAST(:table AS regclass) AND contype = 'u'")
        for name in connection.scalars(keys, {"table": table}).all():
            connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def _make_anew_without_keys(engine: Engine, table: str) -> None:
    """SQLite cannot drop what its table was made with; the table is still empty."""
    with engine.connect() as connection:
        made = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = :table"), {"table": table})
        connection.rollback()
        raw = connection.connection.dbapi_connection
        assert raw is not None
        assert made is not None
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute(f"DROP TABLE {table}")
        raw.execute(_UNIQUE.sub("", made))
        raw.execute("PRAGMA foreign_keys = ON")


def _rewrite(engine: Engine, rewrite: Rewrite) -> None:
    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def on_statement(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> tuple[str, Any]:
        return rewrite(statement), parameters


@contextmanager
def both_have_read(
    engine: Engine, seconds: float, first_write: str | tuple[str, ...] = "UPDATE purchases"
) -> Iterator[Callable[[], None]]:
    """The named point: two actors have read what they change, and neither has written. Yields what an actor calls
    first.

    An actor that another keeps from reading is not waited for longer than `seconds`.
    """
    met, actors = threading.Barrier(2), threading.local()

    def enter() -> None:
        actors.before_its_first_write = True

    def on_statement(
        _connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool
    ) -> None:
        if statement.startswith(first_write) and getattr(actors, "before_its_first_write", False):
            actors.before_its_first_write = False
            with suppress(threading.BrokenBarrierError):  # the other is kept waiting before it could read
                met.wait(seconds)

    event.listen(engine, "before_cursor_execute", on_statement)
    try:
        yield enter
    finally:
        event.remove(engine, "before_cursor_execute", on_statement)
