"""The database under test: made by the migrations or copied from one that was, emptied before each test.

Rows are deleted rather than rolled back: the portal's transactions begin, commit and roll back for real, from several
connections too.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import flask_migrate
from flask import Flask
from sqlalchemy import URL, Engine, NullPool, create_engine, text

from portal.cli import prepare_migrations
from portal.extensions import db
from portal.services.catalogue import offers

KEPT = ("alembic_version", "product_versions")


_READY = "ready"  # the database of a server of PostgreSQL that others are copied from
_ready_file: list[bytes] = []  # and the file of SQLite


def migrate(app: Flask) -> None:
    """The newest schema, with the catalogue on sale, in place of what the database has. The migrations make the first
    of each server, or of this process with SQLite; the others are its copies."""
    prepare_migrations(app)
    with app.app_context():
        url = db.engine.url
    (_migrate_sqlite if url.get_backend_name() == "sqlite" else _migrate_postgresql)(app, url)


def _migrate_sqlite(app: Flask, url: URL) -> None:
    file = Path(str(url.database))
    if _ready_file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_ready_file[0])
    else:
        _by_migrations(app)
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _ready_file.append(file.read_bytes())


def _migrate_postgresql(app: Flask, url: URL) -> None:
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        if connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": _READY}):
            connection.exec_driver_sql(f'DROP DATABASE "{url.database}" WITH (FORCE)')
            connection.exec_driver_sql(f'CREATE DATABASE "{url.database}" TEMPLATE {_READY}')
        else:
            _by_migrations(app)
            connection.exec_driver_sql(f'CREATE DATABASE {_READY} TEMPLATE "{url.database}"')


def _by_migrations(app: Flask) -> None:
    with app.app_context():
        flask_migrate.upgrade()
        offers.publish_files()
        db.engine.dispose()


class Cleaner:
    """Empties every table but the catalogue's, which it brings back to what was published at the beginning."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tables = [table.name for table in db.metadata.tables.values() if table.name not in KEPT]
        with engine.connect() as connection:
            (self._published,) = connection.exec_driver_sql("SELECT max(id) FROM product_versions").one()

    def clean(self) -> None:
        with closing(self._engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
            self._without_references(cursor)
            self._empty(cursor)
            cursor.execute(f"DELETE FROM product_versions WHERE id > {self._published}")
            if cursor.rowcount:
                offers._parsed.clear()  # SQLite gives the same ids again
            cursor.execute("UPDATE product_versions SET withdrawn_at = NULL WHERE withdrawn_at IS NOT NULL")
            self._with_references(connection, cursor)

    def _empty(self, cursor: Any) -> None:
        deletions = [f"DELETE FROM {table}" for table in self._tables]
        if self._engine.dialect.name == "sqlite":
            for deletion in deletions:
                cursor.execute(deletion)
        else:
            cursor.execute(";".join(deletions))  # in one message: most tables are empty, and each would be asked alone

    def _without_references(self, cursor: Any) -> None:
        if self._engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("BEGIN IMMEDIATE")
        else:
            cursor.execute("SET session_replication_role = replica")

    def _with_references(self, connection: Any, cursor: Any) -> None:
        if self._engine.dialect.name == "sqlite":
            cursor.execute("COMMIT")
            cursor.execute("PRAGMA foreign_keys = ON")
        else:
            cursor.execute("SET session_replication_role = DEFAULT")
            connection.commit()


def empty_bank(file: Path) -> None:
    """Forget every charge, key and token of the sandbox bank."""
    with closing(sqlite3.connect(file)) as books, books:
        for (table,) in books.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            books.execute(f"DELETE FROM {table}")


def all_of(statement: Any) -> list[Any]:
    """What the database holds: each row once, or the values of a column, equal ones as often as they are there."""
    told = statement.column_descriptions[0]
    found = db.session.scalars(statement)
    return list(found.unique() if told["type"] is told["entity"] else found)
