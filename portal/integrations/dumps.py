"""A database as one file, and back: SQLite by its online backup, PostgreSQL by pg_dump and pg_restore.

Both go on while the portal works, and hold one moment: what was committed before it, whole, and nothing after.
"""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, make_url

from portal.settings import DATABASE_CLIENT

_CLIENT = "portal-copy"  # how these connections call themselves: never as the portal's own do
_SET_ASIDE = "before_restore"
_GONE_WITHIN = 2.0  # seconds: what this process has just closed, the server forgets in a moment


class DumpFailed(Exception):
    """Its words say what to do, and hold no password."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a dump holds, all of the same moment: the schema's revision, how many rows each table has, and the hash of
    each file that a document names, by its key."""

    revision: str
    counts: dict[str, int]
    files: dict[str, str]


def engine_for(database_url: str) -> "SqliteDump | PostgresDump":
    """The way to dump and load that database."""
    url = make_url(database_url)
    return SqliteDump(url) if url.get_backend_name() == "sqlite" else PostgresDump(url)


class SqliteDump:
    """A copy of the file, page by page, while others read and write it."""

    kind = "sqlite"
    filename = "database.sqlite"

    def __init__(self, url: URL) -> None:
        self._path = Path(str(url.database))

    def save(self, target: Path) -> Contents:
        """Write the dump to `target`; what it holds, as `Contents`. Raises DumpFailed when there is no database."""
        if not self._path.exists():
            raise DumpFailed("No hay base de datos en la dirección de DATABASE_URL. Revísela.")
        if self.is_empty():
            raise DumpFailed(_NOTHING_THERE)
        source = sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True)
        with closing(source), closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, whole by itself
        with closing(sqlite3.connect(target)) as copy:
            return _summary(lambda query: copy.execute(query).fetchall(), _SQLITE_TABLES)

    def check(self, dump: Path) -> None:
        """Raises DumpFailed unless `dump` can be loaded."""
        try:
            with closing(sqlite3.connect(f"{dump.as_uri()}?mode=ro", uri=True)) as copy:
                sound = copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        except sqlite3.DatabaseError:
            sound = False
        if not sound:
            raise DumpFailed("La copia de la base de datos está dañada.")

    def is_empty(self) -> bool:
        """Whether the target has no table yet."""
        if not self._path.exists():
            return True
        with closing(sqlite3.connect(self._path)) as target:
            return not target.execute(_SQLITE_TABLES).fetchall()

    def is_in_use(self) -> bool:
        """Whether a process has the database open, idle or not: only who is alone may leave WAL, as all do again."""
        with closing(sqlite3.connect(self._path, timeout=0)) as target:
            try:
                target.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.DatabaseError as error:
                # Busy in any way, as by a process that recovers it; otherwise it is broken, and replaced for it.
                return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
        return False

    def load(self, dump: Path) -> None:
        """Replace the database by `dump` in one transaction. The file in place is left as it was when that fails."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        copy = sqlite3.connect(f"{dump.as_uri()}?mode=ro", uri=True)
        with closing(copy), closing(sqlite3.connect(self._path, timeout=15)) as target:
            copy.backup(target)
        self._path.chmod(0o600)


class PostgresDump:
    """pg_dump's custom format, of the snapshot that the counts are taken from too."""

    kind = "postgresql"
    filename = "database.dump"

    def __init__(self, url: URL) -> None:
        # What the portal's own driver is given of that address: several hosts, a socket's folder, each option of libpq.
        _arguments, given = url.get_dialect()().create_connect_args(url)
        password = given.pop("password", None)
        # The environment is that of the portal's own connections (PGPASSFILE, PGSSLMODE …), but for what they state
        # themselves; and a restore must not take itself for one of them.
        self._env = {name: value for name, value in os.environ.items() if name not in {"PGAPPNAME", "PGOPTIONS"}}
        if password is not None:
            self._env["PGPASSWORD"] = str(password)  # anybody may list commands: it is not among their arguments
        self._password = password
        try:
            self._address = make_conninfo(**{**given, "application_name": _CLIENT})
        except psycopg.ProgrammingError:
            raise DumpFailed("DATABASE_URL tiene una opción que PostgreSQL no conoce. Revísela.") from None

    def save(self, target: Path) -> Contents:
        """Write the dump to `target`; what it holds, as `Contents`."""
        if self.is_empty():
            raise DumpFailed(_NOTHING_THERE)
        with self._connect() as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            ((snapshot,),) = connection.execute("SELECT pg_export_snapshot()").fetchall()
            arguments = ["--format=custom", "--no-owner", "--no-privileges", "--table=public.*"]
            self._run("pg_dump", *arguments, f"--snapshot={snapshot}", f"--file={target}", self._address)
            return _summary(lambda query: connection.execute(sql.SQL(query)).fetchall(), _POSTGRES_TABLES)

    def check(self, dump: Path) -> None:
        """Raises DumpFailed unless `dump` can be loaded."""
        try:
            self._run("pg_restore", "--file=/dev/null", str(dump))  # reads all of it
        except DumpFailed as failed:
            raise DumpFailed("La copia de la base de datos está dañada.") from failed

    def is_empty(self) -> bool:
        """Whether the target has no table yet."""
        with self._connect() as connection:
            return not connection.execute(_POSTGRES_TABLES).fetchall()

    def is_in_use(self) -> bool:
        """Whether a process of the portal is connected, idle or not."""
        deadline = time.monotonic() + _GONE_WITHIN
        with self._connect() as connection:
            while connection.execute(_CONNECTED, [DATABASE_CLIENT]).fetchall() != [(0,)]:
                if time.monotonic() > deadline:
                    return True
                time.sleep(0.1)
        return False

    def load(self, dump: Path) -> None:
        """Replace the tables by those of `dump`. What was there is set aside meanwhile, and comes back on failure."""
        if self.is_empty():
            self._restore(dump)
            return
        self._move("public", _SET_ASIDE)
        try:
            self._restore(dump)
        except BaseException:
            self._move(_SET_ASIDE, "public")
            raise
        with self._connect() as connection, connection.transaction():
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(_SET_ASIDE)))

    def _restore(self, dump: Path) -> None:
        arguments = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        self._run("pg_restore", *arguments, f"--dbname={self._address}", str(dump))

    def _move(self, here: str, there: str) -> None:
        """Move all tables, with their indexes and sequences, in one transaction; those that stand there are dropped."""
        with self._connect() as connection, connection.transaction():
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(there)))
            for (table,) in connection.execute(_TABLES_OF, [there]).fetchall():
                connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(there, table)))
            for (table,) in connection.execute(_TABLES_OF, [here]).fetchall():
                moving = sql.SQL("ALTER TABLE {} SET SCHEMA {}")
                connection.execute(moving.format(sql.Identifier(here, table), sql.Identifier(there)))

    def _connect(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(self._address, password=self._password, autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as error:
            # The server's own words may quote what was taken for a host, and is the rest of a password.
            words = _NOT_LET_IN if "password" in str(error) else "La base de datos no responde. Revise DATABASE_URL."
            raise DumpFailed(words) from error

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603  a program found below, and no shell
            [_found(program), *arguments, "--no-password"],
            env=self._env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise DumpFailed(f"{program} no pudo terminar: {said[-1] if said else done.returncode}")


def _found(program: str) -> str:
    """The newest one that Debian has installed: it reads every older server."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    found = str(versions[-1]) if versions else shutil.which(program)
    if found is None:
        raise DumpFailed(f"Falta {program}: apt-get install postgresql-client")
    return found


_NOTHING_THERE = "La base de datos de DATABASE_URL no tiene tablas: no hay nada que copiar. Revise la dirección."
_NOT_LET_IN = (
    "La base de datos no acepta el usuario o la contraseña de DATABASE_URL. Los signos @ : / % de una contraseña se "
    "escriben ahí con su código: %40 %3A %2F %25."
)
_CONNECTED = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()"""
_TABLES_OF = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1"
_POSTGRES_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_SQLITE_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
_FILES = """SELECT storage_key, sha256 FROM documents WHERE storage_key IS NOT NULL
    UNION ALL SELECT storage_key, sha256 FROM stored_files WHERE state = 'stored'
    UNION ALL SELECT thumbnail_key, thumbnail_sha256 FROM stored_files WHERE state = 'stored' ORDER BY 1"""


def _summary(ask: Callable[[str], Any], tables: str) -> Contents:
    names = [name for (name,) in ask(tables)]
    return Contents(
        revision=ask("SELECT version_num FROM alembic_version")[0][0],
        counts={name: ask(f'SELECT count(*) FROM "{name}"')[0][0] for name in names},  # noqa: S608  our own names
        files={str(key): str(digest) for key, digest in ask(_FILES)},
    )
