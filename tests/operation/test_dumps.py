"""Dumps where no command shows them: whether SQLite's file is in use, and the many ways into a PostgreSQL."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, create_engine, make_url

from portal.integrations.dumps import DumpFailed, PostgresDump, engine_for
from portal.setup import _engine_options
from tests import servers

# As a process that opens the database after a crash: the index of its log is void, and it holds the locks of making it.
_RECOVERS = """
import fcntl, sqlite3, sys
path = sys.argv[1]
connection = sqlite3.connect(path)
connection.execute("SELECT * FROM one").fetchall()
index = open(path + "-shm", "r+b")
index.write(bytes(136))
index.flush()
fcntl.lockf(index, fcntl.LOCK_EX, 3, 120)
print("recovers", flush=True)
sys.stdin.read()
"""


def test_a_process_that_recovers_the_database_uses_it(tmp_path: Path) -> None:
    path = tmp_path / "portal.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE one (id INTEGER)")
    engine = engine_for(f"sqlite:///{path}")
    assert not engine.is_in_use()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    command = [sys.executable, "-c", _RECOVERS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "recovers\n"
        assert engine.is_in_use()
        other.communicate("")
    assert not engine.is_in_use()


def _a_schema(url: str) -> None:
    with _connected(url) as connection:
        connection.execute("CREATE TABLE alembic_version AS SELECT '0001' AS version_num")
        connection.execute("CREATE TABLE documents AS SELECT 'one' AS storage_key, 'hash' AS sha256")
        columns = "'two' AS storage_key, 'h2' AS sha256, 'small' AS thumbnail_key, 'h3' AS thumbnail_sha256"
        connection.execute(f"CREATE TABLE stored_files AS SELECT 'stored' AS state, {columns}")


def _connected(url: str) -> psycopg.Connection[Any]:
    _arguments, given = make_url(url).get_dialect()().create_connect_args(make_url(url))
    return psycopg.connect(**given, autocommit=True)


@pytest.mark.parametrize("way", ["in the address", "PGPASSWORD", "PGPASSFILE", "passfile", "among the options"])
def test_a_database_behind_a_password_is_dumped_and_loaded_as_its_address_says(
    postgres: servers.PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    full = make_url(postgres.create(f"dumped_{tmp_path.name}"))
    _a_schema(full.render_as_string(hide_password=False))
    empty = make_url(postgres.create(f"loaded_{tmp_path.name}"))
    file = tmp_path / "pgpass"
    file.write_text("*:*:*:*:" + servers.PASSWORD.replace("\\", "\\\\").replace(":", "\\:"))
    file.chmod(0o600)
    if way == "in the address":
        monkeypatch.setenv("PGPASSWORD", "not this one")
    elif way == "PGPASSWORD":
        monkeypatch.setenv("PGPASSWORD", servers.PASSWORD)
    elif way == "PGPASSFILE":
        monkeypatch.setenv("PGPASSFILE", str(file))
    options = {"passfile": {"passfile": str(file)}, "among the options": {"password": servers.PASSWORD}}

    def address(url: URL) -> str:
        shown = url if way == "in the address" else URL.create(url.drivername, url.username, database=url.database)
        return shown.update_query_dict(url.query | options.get(way, {})).render_as_string(hide_password=False)

    dump = tmp_path / "dump"
    assert engine_for(address(full)).save(dump).files == {"one": "hash", "two": "h2", "small": "h3"}
    target = engine_for(address(empty))
    assert target.is_empty()
    target.load(dump)
    assert not target.is_empty()
    target.load(dump)  # in place of what is there
    assert not target.is_in_use()


def test_a_password_that_is_wrong_is_said_and_not_shown(postgres: servers.PostgresServer, tmp_path: Path) -> None:
    url = make_url(postgres.create("refused"))
    for given in (URL.set(url, password="nobody's"), URL.create(url.drivername, "portal", query=url.query)):
        address = given.render_as_string(hide_password=False)
        with pytest.raises(DumpFailed, match="no acepta el usuario o la contraseña") as refused:
            engine_for(address).save(tmp_path / "dump")
        assert "nobody" not in str(refused.value)
    for address in ("postgresql://portal:half@rest@nowhere.invalid/db", "postgresql://portal@/db?sslmoed=require"):
        with pytest.raises(DumpFailed, match="DATABASE_URL") as refused:
            engine_for(address.replace("postgresql", "postgresql+psycopg")).save(tmp_path / "dump")
        assert "rest" not in str(refused.value)


def test_a_database_without_tables_is_no_copy(postgres: servers.PostgresServer, tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()
    for address in (f"sqlite:///{tmp_path}/empty.sqlite", postgres.create(f"nothing_{tmp_path.name}")):
        with pytest.raises(DumpFailed, match="no tiene tablas"):
            engine_for(address).save(tmp_path / "dump")


def test_commands_get_each_option_of_the_address_and_never_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGAPPNAME", "portal")
    engine = engine_for(
        "postgresql+psycopg://portal:s3cr%40t@db-1:6543/portal"
        "?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&options=-csearch_path%3Dpublic&target_session_attrs=read-write"
    )
    assert isinstance(engine, PostgresDump)
    assert conninfo_to_dict(engine._address) == {
        "host": "db-1",
        "port": "6543",
        "user": "portal",
        "dbname": "portal",
        "sslmode": "verify-full",
        "sslrootcert": "/etc/ca.pem",
        "options": "-csearch_path=public",
        "target_session_attrs": "read-write",
        "application_name": "portal-copy",
    }


def test_the_portal_itself_keeps_the_options_of_its_address(postgres: servers.PostgresServer) -> None:
    url = make_url(postgres.create("optioned")).update_query_dict({"options": "-c statement_timeout=4321"})
    engine = create_engine(url, **_engine_options(url.render_as_string(hide_password=False)))
    with engine.connect() as connection:
        names = ("statement_timeout", "lock_timeout", "jit")
        asked = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]
    engine.dispose()
    assert asked == ["4321ms", "15s", "off"]
