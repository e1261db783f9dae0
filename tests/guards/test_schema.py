"""The migrations build exactly what the models say, on both databases, with one newest revision."""

from __future__ import annotations

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from tests.processes import ROOT


def test_the_migrations_build_what_the_models_say(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_there_is_one_newest_revision() -> None:
    scripts = ScriptDirectory(str(ROOT / "portal" / "migrations"))
    assert len(scripts.get_heads()) == 1


def test_migrating_a_database_that_is_up_to_date_changes_nothing(app: Flask) -> None:
    with app.app_context():
        before = inspect(db.engine).get_table_names()
        flask_migrate.upgrade()
        assert inspect(db.engine).get_table_names() == before


def test_references_are_checked_again_after_a_migration(app: Flask) -> None:
    with app.app_context():
        flask_migrate.upgrade()
        for _ in range(3):  # whichever connection of the pool is given
            with pytest.raises(IntegrityError), db.engine.begin() as connection:
                connection.execute(
                    text(
                        "INSERT INTO sessions (token_hash, account_id, created_at, last_seen_at, ip, device)"
                        " VALUES ('x', 999999, '2026-01-01', '2026-01-01', '', '')"
                    )
                )
