"""Real servers for tests: each on its own socket, port or password, checked to be the one that was started, and ended
by its own process id."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis as redis_client

from sandbox import embedded

ROOT = Path(__file__).parent.parent
_START_SECONDS = 30
_END_SECONDS = 20


@contextmanager
def process(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    end: signal.Signals = signal.SIGTERM,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own group until the block ends; what it says goes to `log`. A bare environment unless given."""
    with log.open("ab") as output:
        running = subprocess.Popen(
            [str(word) for word in command],
            env={**bare_env(), **(env or {})},
            user=user,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=pass_fds,
        )
    try:
        yield running
    finally:
        stop(running, end)


def stop(running: subprocess.Popen[bytes], end: signal.Signals = signal.SIGTERM) -> None:
    """End a process, and whatever it left of its group."""
    if running.poll() is None:
        running.send_signal(end)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(_END_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def bare_env() -> dict[str, str]:
    """What any program needs; nothing of the caller's settings."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), "LANG": "C.UTF-8"}


def until(condition: Callable[[], object], what: str, seconds: float = _START_SECONDS) -> None:
    """Wait until `condition` holds. Raises AssertionError naming `what` did not come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


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
    """A cluster of its own behind a socket in its own folder; it can be stopped, kindly or not, and started again."""

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
        return f"postgresql+psycopg://portal@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        """A new empty database, in place of an older one of that name; its address."""
        with psycopg.connect(host=str(self.folder), user="portal", dbname="postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)


@contextmanager
def postgres_server(*, is_durable: bool = False) -> Iterator[PostgresServer]:
    """A private PostgreSQL. It never runs as root, so root starts it as the user of Debian's package.

    `is_durable`: what was committed survives the end of its processes, as it must; other tests needn't wait for it.
    """
    owner = "postgres" if os.geteuid() == 0 else None
    # Sockets have short paths: pytest's own folders may be too deep.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if owner:
            account = pwd.getpwnam(owner)
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = folder / "data"
        subprocess.run(
            [_postgres("initdb"), "-D", data, "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
            check=True,
            env=bare_env(),
            cwd="/",
            user=owner,
            stdout=subprocess.DEVNULL,
        )
        # Nothing here outlives the tests, so nothing waits for the disk.
        options = [
            "fsync=off",
            f"synchronous_commit={'on' if is_durable else 'off'}",
            "full_page_writes=off",
            "listen_addresses=",
            "autovacuum=off",
        ]
        options.append(f"unix_socket_directories={folder}")
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


def _postgres(program: str) -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    if not found:
        raise FileNotFoundError(f"{program} of PostgreSQL: ./run test installs it")
    return found[-1]


def _accepts(folder: Path, pid: int) -> bool:
    try:
        psycopg.connect(host=str(folder), user="portal", dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    assert int((folder / "data" / "postmaster.pid").read_text().split()[0]) == pid
    return True


@dataclass(frozen=True)
class WebServer:
    """A gunicorn master with its workers, at `url`."""

    url: str
    running: subprocess.Popen[bytes]


@contextmanager
def web_server(env: Mapping[str, str], log: Path, *, processes: int = 1, app: str = "wsgi:app") -> Iterator[WebServer]:
    """The portal's web server over `env`. It inherits a socket that we bound, so it can be no other server.

    BASE_URL is set to its address unless `env` has one.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listening.fileno()}"]
        command += ["--workers", str(processes), app]
        env = {"BASE_URL": url, **env}
        with process(command, log, env=env, pass_fds=[listening.fileno()]) as running:
            until(lambda: running.poll() is not None or _is_up(url), "the web server answers")
            assert running.poll() is None, log.read_text()
            yield WebServer(url, running)


@contextmanager
def worker(
    env: Mapping[str, str], parts: str, log: Path, *, program: str = "workers"
) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m workers <parts>` over `env`; without any part, all of them."""
    with process([sys.executable, "-m", program, *parts.split()], log, env=env) as running:
        yield running


def _is_up(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/ingresar", timeout=10).close()
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True
