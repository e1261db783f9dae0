"""How migrations run: one transaction, one process at a time, on SQLite and PostgreSQL alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Enum

from portal.models.types import Money, UtcDateTime

_LOCK = 7_236_001  # any number that nothing else in the database locks


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | Literal[False]:
    """Write types plainly, so that an old migration never depends on the code of today."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, Money):
        return "sa.Numeric(12, 2).with_variant(sa.Integer(), 'sqlite')"
    if isinstance(item, Enum):
        return f"sa.String({item.length})"
    return False


@contextmanager
def references_unchecked(connection: Connection) -> Iterator[None]:
    """SQLite rebuilds a table to change it: rows that point to it must survive the moment in which it is away.

    The pragma has no effect inside a transaction, so it goes to the driver before one begins.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection
    driver.cursor().execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.cursor().execute("PRAGMA foreign_keys = ON")


def _take_turns(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"the migration broke references and was rolled back: {broken[:5]}")


def run() -> None:
    """Bring the database of the current application to the newest revision."""
    db = current_app.extensions["migrate"].db
    with db.engine.connect() as connection, references_unchecked(connection):
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=True,
            transactional_ddl=True,
            transaction_per_migration=False,
        )
        with connection.begin():
            _take_turns(connection)
            context.run_migrations()
            _check_references(connection)


run()
