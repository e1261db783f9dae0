"""The database under test: made by the migrations, emptied before each test.

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
from sqlalchemy import Engine

from portal.cli import prepare_migrations
from portal.extensions import db
from portal.services.catalogue import offers

KEPT = ("alembic_version", "product_versions")


def migrate(app: Flask) -> None:
    """The newest schema, with the catalogue on sale."""
    prepare_migrations(app)
    with app.app_context():
        flask_migrate.upgrade()
        offers.publish_files()


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
