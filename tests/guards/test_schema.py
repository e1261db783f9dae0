"""The migrations build exactly what the models say, on both databases, with one newest revision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Column, Engine, MetaData, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from portal import create_app
from portal.cli import prepare_migrations
from portal.extensions import db
from portal.services.operation import schema
from portal.settings import Settings
from tests.processes import ROOT

Migrations = Iterator[tuple[Engine, MetaData]]


def test_the_migrations_build_what_the_models_say(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_there_is_one_newest_revision() -> None:
    scripts = ScriptDirectory(str(ROOT / "portal" / "migrations"))
    assert len(scripts.get_heads()) == 1


def test_a_migration_takes_nothing_from_the_code_of_today() -> None:
    """What it needs of a rule it holds as a copy: the rule will move, and the migration must do what it did."""
    folder = ROOT / "portal" / "migrations" / "versions"
    live = re.compile(r"^\s*(?:from|import)\s+(?:portal|workers|sandbox|tests)\b", re.MULTILINE)
    assert [path.name for path in folder.glob("*.py") if live.search(path.read_text())] == []


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


@pytest.fixture
def migrations(portal_env: dict[str, str], request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Migrations]:
    """An empty database on its way from the first revision to the newest: after each migration, how to reach it and
    what the release before knew of it."""
    url = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    if portal_env["DATABASE_URL"].startswith("postgresql"):
        url = request.getfixturevalue("postgres").create(tmp_path.name)
    app = create_app(Settings.from_env({"BASE_URL": "http://localhost", **portal_env, "DATABASE_URL": url}))
    prepare_migrations(app)
    engine = create_engine(url)  # not the portal's: references are not what this is about
    yield _migrations(app, engine)
    engine.dispose()
    with app.app_context():
        db.engine.dispose()


def _migrations(app: Flask, engine: Engine) -> Migrations:
    first, *following = schema.revisions()
    assert following, "there is nothing to survive"
    with app.app_context():
        flask_migrate.upgrade(revision=first)
    for revision in following:
        before = MetaData()
        before.reflect(engine)
        with app.app_context():
            flask_migrate.upgrade(revision=revision)
        yield engine, before


def test_a_migration_takes_nothing_away_from_the_release_before(migrations: Migrations) -> None:
    for engine, before in migrations:
        after = MetaData()
        after.reflect(engine)
        for table in before.tables.values():
            now = after.tables[table.name].columns
            assert set(table.columns.keys()) <= set(now.keys()), table.name
            for column in now:
                was = table.columns.get(column.name)
                may_be_left_out = column.nullable or column.server_default is not None
                assert may_be_left_out or (was is not None and not was.nullable), f"{table.name}.{column.name}"


def test_what_the_release_before_writes_still_goes_in(migrations: Migrations) -> None:
    for engine, before in migrations:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in before.tables.values():
                written = {column.name: _something(column) for column in table.columns if not column.nullable}
                if table.name != "alembic_version":
                    connection.execute(table.insert().values(written))
            connection.rollback()


def _something(column: Column[Any]) -> Any:
    told = {"premium_total": 2, "ends_at": datetime(2027, 5, 18, tzinfo=UTC)}  # what the schema holds to its neighbours
    if column.name in told:
        return told[column.name]
    values: dict[type, Any] = {int: 1, str: "x", Decimal: Decimal(1), bool: True, bytes: b"x", dict: {}, object: {}}
    values |= {datetime: datetime(2026, 5, 18, tzinfo=UTC), date: date(2026, 5, 18)}
    return values[column.type.python_type]
