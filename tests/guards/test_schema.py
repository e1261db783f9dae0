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
from sqlalchemy import Column, Engine, MetaData, Table, create_engine, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import ColumnCollectionConstraint

from portal import create_app
from portal.cli import prepare_migrations
from portal.domain.verification import code_in
from portal.extensions import db
from portal.services.operation import schema
from portal.settings import Settings
from tests.processes import ROOT

Migrations = Iterator[tuple[Engine, MetaData]]

# The release before each of these is stopped first: what it knows is taken away, and its rows are carried over.
STOPPED_FIRST = {"0005", "0007", "0008"}


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
def unbuilt(
    portal_env: dict[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Flask, Engine]]:
    """A portal whose database is empty, and an engine that does not check references."""
    url = f"sqlite:///{tmp_path / 'portal.sqlite'}"
    if portal_env["DATABASE_URL"].startswith("postgresql"):
        url = request.getfixturevalue("postgres").create(tmp_path.name)
    app = create_app(Settings.from_env({"BASE_URL": "http://localhost", **portal_env, "DATABASE_URL": url}))
    prepare_migrations(app)
    engine = create_engine(url)
    yield app, engine
    engine.dispose()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def migrations(unbuilt: tuple[Flask, Engine]) -> Migrations:
    """A database on its way from the first revision to the newest: after each migration that a running portal must
    survive, how to reach it and what the release before knew of it."""
    return _migrations(*unbuilt)


def _migrations(app: Flask, engine: Engine) -> Migrations:
    first, *following = schema.revisions()
    assert following, "there is nothing to survive"
    with app.app_context():
        flask_migrate.upgrade(revision=first)
    for revision in following:
        before = _known(engine)
        with app.app_context():
            flask_migrate.upgrade(revision=revision)
        if revision not in STOPPED_FIRST:
            yield engine, before


def _known(engine: Engine) -> MetaData:
    found = MetaData()
    found.reflect(engine)
    return found


def test_a_migration_takes_nothing_away_from_the_release_before(migrations: Migrations) -> None:
    for engine, before in migrations:
        after = _known(engine)
        for table in before.tables.values():
            now = after.tables[table.name].columns
            assert set(table.columns.keys()) <= set(now.keys()), table.name
            for column in now:
                was = table.columns.get(column.name)
                may_be_left_out = column.nullable or column.server_default is not None
                assert may_be_left_out or (was is not None and not was.nullable), f"{table.name}.{column.name}"


# What a row says of which the schema wants one of several columns.
ABOUT: dict[str, dict[str, Any]] = {"settlement_differences": {"number": "x"}, "quotes": {"purpose": "purchase"}}


def test_what_the_release_before_writes_still_goes_in(migrations: Migrations) -> None:
    for engine, before in migrations:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in before.tables.values():
                written = {column.name: _something(column) for column in table.columns if not column.nullable}
                written |= {name: one for name, one in ABOUT.get(table.name, {}).items() if name in table.columns}
                if table.name != "alembic_version":
                    connection.execute(table.insert().values(written))
            connection.rollback()


def test_a_document_keeps_what_it_is_made_of_there_and_back(unbuilt: tuple[Flask, Engine]) -> None:
    app, engine = unbuilt
    made_of = {
        "quote": "quote_id",
        "policy": "endorsement_id",
        "endorsement": "endorsement_id",
        "slip": "payment_id",
        "receipt": "receipt_id",
    }
    with app.app_context():
        flask_migrate.upgrade(revision="0004")
    before = _known(engine)
    keys = {table.name: 10 + number for number, table in enumerate(before.sorted_tables)}
    with engine.begin() as connection:
        for table in before.sorted_tables:
            if table.name == "documents":
                for number, (kind, column) in enumerate(made_of.items()):
                    own = {"id": number, "kind": kind, column: _key(table.columns[column], keys)}
                    connection.execute(table.insert().values(_row(table, keys) | own))
            elif table.name not in ("alembic_version", "message_documents"):
                connection.execute(table.insert().values(_row(table, keys)))
        kept = connection.execute(before.tables["documents"].select()).mappings().all()
    with app.app_context():
        flask_migrate.upgrade(revision="0005")
    with engine.connect() as connection:
        found = {one.kind: one.subject_id for one in connection.execute(text("SELECT kind, subject_id FROM documents"))}
    tables = {"quote_id": "quotes", "endorsement_id": "endorsements", "payment_id": "payments"}
    tables["receipt_id"] = "cash_receipts"
    assert found == {kind: keys[tables[column]] for kind, column in made_of.items()}
    with app.app_context():
        flask_migrate.downgrade(revision="0004")
    after = _known(engine).tables["documents"]
    with engine.connect() as connection:
        columns = [after.columns[name] for name in kept[0]]
        assert connection.execute(select(*columns).order_by(after.columns.id)).mappings().all() == kept
    assert _shape(after) == _shape(before.tables["documents"])


def test_a_cancelled_policy_stays_so_there_and_back(unbuilt: tuple[Flask, Engine]) -> None:
    app, engine = unbuilt
    with app.app_context():
        flask_migrate.upgrade(revision="0006")
    before = _known(engine)
    _fill(
        engine,
        before,
        policies={"annulled_at": datetime(2026, 5, 18, tzinfo=UTC)},
        endorsements={"kind": "annulment"},
    )
    said = _cancelled(engine, "annulled_at")
    with app.app_context():
        flask_migrate.upgrade(revision="0007")
    assert _cancelled(engine, "cancelled_at") == (said[0], "cancellation")
    with app.app_context():
        flask_migrate.downgrade(revision="0006")
    assert _cancelled(engine, "annulled_at") == said
    assert _shape(_known(engine).tables["policies"]) == _shape(before.tables["policies"])


def _cancelled(engine: Engine, column: str) -> tuple[Any, ...]:
    with engine.connect() as connection:
        return tuple(connection.execute(text(f"SELECT {column}, kind FROM policies, endorsements")).one())


def test_states_and_purposes_are_the_same_in_other_words_there_and_back(unbuilt: tuple[Flask, Engine]) -> None:
    app, engine = unbuilt
    with app.app_context():
        flask_migrate.upgrade(revision="0007")
    _fill(
        engine,
        _known(engine),
        quotes={"state": "comprada"},
        purchases={"state": "esperando pago"},
        codes={"purpose": "recuperar"},
    )
    with app.app_context():
        flask_migrate.upgrade(revision="0008")
    assert _states_and_purpose(engine) == ("bought", "awaiting_payment", "recovery")
    with app.app_context():
        flask_migrate.downgrade(revision="0007")
    assert _states_and_purpose(engine) == ("comprada", "esperando pago", "recuperar")


def _states_and_purpose(engine: Engine) -> tuple[Any, ...]:
    kept = text("SELECT quotes.state, purchases.state, codes.purpose FROM quotes, purchases, codes")
    with engine.connect() as connection:
        return tuple(connection.execute(kept).one())


def test_a_claim_is_found_by_whose_policy_it_is_of_there_and_back(unbuilt: tuple[Flask, Engine]) -> None:
    app, engine = unbuilt
    with app.app_context():
        flask_migrate.upgrade(revision="0025")
    before = _known(engine)
    _fill(engine, before, claims={"number": "SIN-2026-000001"})
    with app.app_context():
        flask_migrate.upgrade(revision="0026")
    with engine.connect() as connection:
        owner, holder = connection.execute(
            text("SELECT claims.account_id, policies.account_id FROM claims, policies")
        ).one()
        assert owner == holder is not None
    with app.app_context():
        flask_migrate.downgrade(revision="0025")
    for name in ("claims", "claim_parties", "claim_papers", "evidence"):
        assert _shape(_known(engine).tables[name]) == _shape(before.tables[name])


def test_each_policy_that_there_is_gets_a_verification_code_of_its_own(unbuilt: tuple[Flask, Engine]) -> None:
    app, engine = unbuilt
    with app.app_context():
        flask_migrate.upgrade(revision="0037")  # before quotes speak of policies, and policies of quotes
    before = _known(engine)
    _fill(engine, before, settlement_differences={"number": "x"})
    with engine.begin() as connection:
        told_apart = "number", "public_id", "request_token", "verification_token"
        for again in ("2", "3"):
            keys = _keys(before) | {name: int(again) for name in ("quotes", "purchases", "payments", "policies")}
            for name in ("quotes", "purchases", "payments", "policies"):
                table = before.tables[name]
                own = {column: again for column in told_apart if column in table.c}
                connection.execute(table.insert().values(_row(table, keys) | own))
    with app.app_context():
        flask_migrate.upgrade(revision="0043")
    before = _known(engine)
    with app.app_context():
        flask_migrate.upgrade(revision="0044")
    with engine.connect() as connection:
        codes = connection.scalars(text("SELECT verification_code FROM policies")).all()
    assert [code_in(code) for code in codes] == codes
    assert len({*codes}) == 3
    with app.app_context():
        flask_migrate.downgrade(revision="0043")
    assert _shape(_known(engine).tables["policies"]) == _shape(before.tables["policies"])


def _fill(engine: Engine, known: MetaData, **own: dict[str, Any]) -> None:
    """One row in each table, with what is told of it by the table's name."""
    keys = _keys(known)
    with engine.begin() as connection:
        for table in known.sorted_tables:
            if table.name not in ("alembic_version", "message_documents"):
                connection.execute(table.insert().values(_row(table, keys) | own.get(table.name, {})))


def _keys(known: MetaData) -> dict[str, int]:
    """Under which each table's row is filled in."""
    return {table.name: 10 + number for number, table in enumerate(known.sorted_tables)}


def _shape(table: Table) -> set[str]:
    """Its columns, and what holds it together, in any order."""
    columns = {f"{column.name} {column.type} {column.nullable}" for column in table.columns}
    held = {
        f"{one.name} {sorted(column.name for column in one.columns)}"
        for one in table.constraints
        if isinstance(one, ColumnCollectionConstraint)  # as all of them are
    }
    indexes = {
        f"{one.name} {[*one.columns.keys()]} {[str(option) for option in one.dialect_kwargs.values()]}"
        for one in table.indexes
    }
    return columns | held | indexes


def _row(table: Table, keys: dict[str, int]) -> dict[str, Any]:
    """Values for what the table asks for, each table's row under its own key."""
    return {column.name: _key(column, keys) or _something(column) for column in table.columns if not column.nullable}


def _key(column: Column[Any], keys: dict[str, int]) -> int | None:
    if column.foreign_keys:
        return keys[next(iter(column.foreign_keys)).column.table.name]
    return keys[column.table.name] if column.name == "id" else None


def _something(column: Column[Any]) -> Any:
    # What the schema holds to its neighbours.
    told = {"premium_total": 2, "ends_at": datetime(2027, 5, 18, tzinfo=UTC), "state": "draft"}
    if column.name in told:
        return told[column.name]
    values: dict[type, Any] = {int: 1, str: "x", Decimal: Decimal(1), bool: True, bytes: b"x", dict: {}, object: {}}
    values |= {datetime: datetime(2026, 5, 18, tzinfo=UTC), date: date(2026, 5, 18)}
    return values[column.type.python_type]
