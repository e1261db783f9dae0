"""Redis and PostgreSQL for tests: each behind its own password, checked to be the one that was started."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import redis as redis_client

from sandbox import embedded
from tests.processes import ROOT, bare_env, stop, until

#: PostgreSQL's in tests: with each sign that means something in an address, a connection string, a shell or a format.
PASSWORD = "no one's: 100% @secret/\\?#[ñ] &=$(x)"


@dataclass(frozen=True)
class RedisServer:
    """A Redis that asks for a password; it can be stopped and started empty again at the same address."""

    url: str
    command: list[str]
    log: Path
    running: list[subprocess.Popen[bytes]]

    @property
    def client(self) -> redis_client.Redis:
        return redis_client.Redis.from_url(self.url)

    def start(self) -> None:
        with self.log.open("ab") as output:
            started = subprocess.Popen(
                self.command, env=bare_env(), stdout=output, stderr=output, start_new_session=True
            )
        self.running.append(started)
        until(lambda: _redis_pid(self.url) == started.pid, "our own Redis answers")

    def stop(self) -> None:
        while self.running:
            stop(self.running.pop())


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """A private redis-server."""
    part, url = embedded.redis(folder, embedded.free_port(), secrets.token_hex(16))
    server = RedisServer(url, part.command, folder / "output.log", [])
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _redis_pid(url: str) -> int | None:
    with redis_client.Redis.from_url(url) as client:
        try:
            return int(client.info("server")["process_id"])
        except redis_client.RedisError:
            return None


@dataclass(frozen=True)
class PostgresServer:
    """A cluster of its own behind a socket in its own folder and a password, which every connection gives (SCRAM); it
    can be stopped, kindly or not, and started again."""

    folder: Path
    command: list[str]
    owner: str | None
    running: list[subprocess.Popen[bytes]]

    def start(self) -> None:
        with (self.folder / "log").open("ab") as output:
            started = subprocess.Popen(
                self.command,
                env=bare_env(),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=self.owner,
            )
        self.running.append(started)
        until(lambda: _accepts(self.folder, started.pid), "our own PostgreSQL answers")

    def stop(self, end: signal.Signals = signal.SIGINT) -> None:
        """SIGQUIT is `-m immediate`: nothing is written any more, nobody gets to say goodbye."""
        while self.running:
            stop(self.running.pop(), end)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://portal:{quote(PASSWORD, safe='')}@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """A new empty database, in place of an older one of that name; its address."""
        with _connect(self.folder, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)


@contextmanager
def postgres_server(*settings: str) -> Iterator[PostgresServer]:
    """A private PostgreSQL. It never runs as root, so root starts it as the user of Debian's package.

    It waits for no disk, since nothing of tests outlives them; `settings` of its own come after those that say so.
    """
    owner = "postgres" if os.geteuid() == 0 else None
    # Sockets have short paths: pytest's own folders may be too deep.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if owner:
            account = pwd.getpwnam(owner)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = folder / "data"
        secret = folder / "password"
        secret.write_text(PASSWORD)
        asked = ("-A", "scram-sha-256", f"--pwfile={secret}", "-U", "portal", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        subprocess.run(
            [_postgres("initdb"), "-D", data, *asked],
            check=True,
            env=bare_env(),
            cwd="/",
            user=owner,
            stdout=subprocess.DEVNULL,
        )
        quick = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
        options = ("listen_addresses=", f"unix_socket_directories={folder}", *quick, *settings)
        command = [str(_postgres("postgres")), "-D", str(data)]
        command += [word for option in options for word in ("-c", option)]
        server = PostgresServer(folder, command, owner, [])
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _connect(folder: Path, **options: Any) -> psycopg.Connection[Any]:
    return psycopg.connect(host=str(folder), user="portal", password=PASSWORD, dbname="postgres", **options)


def _postgres(program: str) -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    if not found:
        raise FileNotFoundError(f"{program} of PostgreSQL: ./run test installs it")
    return found[-1]


def _accepts(folder: Path, pid: int) -> bool:
    try:
        _connect(folder, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    assert int((folder / "data" / "postmaster.pid").read_text().split()[0]) == pid
    return True
