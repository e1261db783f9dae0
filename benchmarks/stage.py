"""Everything that `./run` starts, in a folder of its own, beside the floor on the same server and database.

The bank answers at once. Mail is accepted by a real SMTP server in this process, which notes the moment.
"""

from __future__ import annotations

import os
import queue
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from flask import Flask

from portal import create_app
from portal.settings import Settings
from sandbox.embedded import MEMORY, free_port, redis
from sandbox.mailbox import smtp_server
from tests.applications import SIGNING_PASSWORD, signing_certificate
from tests.factories import Factories, Someone
from tests.processes import ROOT, process, until
from tests.servers import postgres_server

GUNICORN = (sys.executable, "-m", "gunicorn")
QUIET = {"LOG_LEVEL": "WARNING"}  # of the application in this process: its lines would bury the figures


@dataclass
class Post:
    """The mails that SMTP accepted: the moment (time.perf_counter) and the message, by recipient."""

    arrived: dict[str, queue.Queue[tuple[float, EmailMessage]]] = field(default_factory=dict)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        moment = time.perf_counter()
        message = message_from_bytes(envelope.original_content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self._of(envelope.rcpt_tos[0]).put((moment, message))
        return "250 2.0.0 Taken"

    def next(self, recipient: str) -> tuple[float, EmailMessage]:
        """The next mail to `recipient`."""
        return self._of(recipient).get(timeout=60)

    def next_text(self, recipient: str) -> str:
        """The plain words of the next mail to `recipient`."""
        part = self.next(recipient)[1].get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    def _of(self, recipient: str) -> queue.Queue[tuple[float, EmailMessage]]:
        return self.arrived.setdefault(recipient, queue.Queue())


@dataclass(frozen=True)
class Served:
    """A web server at `url`; `pid` is gunicorn's master."""

    url: str
    pid: int

    def workers(self) -> list[int]:
        """The processes that answer."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    def cpu(self) -> float:
        """Seconds of processor that they have used."""
        used = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.workers())
        return sum(int(fields[11]) + int(fields[12]) for fields in used) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Stage:
    folder: Path
    env: dict[str, str]
    app: Flask
    post: Post
    portal: Served
    floor: Served

    def customer(self) -> Someone:
        """A new customer with an account."""
        with self.app.app_context():
            return Factories(self.app).customer()


@contextmanager
def stage(database: str) -> Iterator[Stage]:
    """The portal and the floor on `database` ("sqlite" or "postgresql"), all of it in a temporary folder."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="portal-bench-"))
        stack.callback(shutil.rmtree, folder)
        log = folder / "log"
        url = _databases(stack, database, folder)
        post = Post()
        smtp_port = stack.enter_context(smtp_server(post))
        env = MEMORY | settings(stack, folder, url["portal"], smtp_port)
        _run("sandbox.prepare", env=env)
        _run("benchmarks.floor", env=env | {"DATABASE_URL": url["floor"]})
        portal = stack.enter_context(served("wsgi:app", env, log))
        floor = stack.enter_context(served("benchmarks.floor:wsgi()", env | {"DATABASE_URL": url["floor"]}, log))
        stack.enter_context(process([sys.executable, "-m", "workers"], log, env=env))
        yield Stage(folder, env, create_app(Settings.from_env(env | QUIET)), post, portal, floor)


@contextmanager
def served(application: str, env: dict[str, str], log: Path, command: tuple[str, ...] = GUNICORN) -> Iterator[Served]:
    """`application` on the server that `./run` starts, with its settings (gunicorn.conf.py)."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with process([*command, application], log, env=env | {"PORT": str(port), "GRANIAN_PORT": str(port)}) as running:
        until(lambda: running.poll() is not None or answers(url), "the web server answers")
        assert running.poll() is None, log.read_text()
        yield Served(url, running.pid)


def answers(url: str) -> bool:
    """Whether a web server answers anything at all."""
    try:
        urllib.request.urlopen(url, timeout=10).close()
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True


def settings(stack: ExitStack, folder: Path, database_url: str, smtp_port: int) -> dict[str, str]:
    """The environment of a portal on `database_url`, with a Redis and a bank of its own."""
    log = folder / "log"
    part, redis_url = redis(folder / "redis", free_port(), secrets.token_hex(16))
    stack.enter_context(process(part.command, log))
    bank, key = free_port(), secrets.token_hex(16)
    command = [sys.executable, "-m", "sandbox.bank", "--port", str(bank), "--ledger", str(folder / "bank.sqlite")]
    stack.enter_context(process(command, log, env={"BANK_API_KEY": key}))
    until(lambda: answers(f"http://127.0.0.1:{bank}/health"), "the bank answers")
    return {
        "PORTAL_DATA": str(folder / "data"),
        "SECRET_KEY": secrets.token_urlsafe(32),
        "BASE_URL": "http://localhost",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "BANK_URL": f"http://127.0.0.1:{bank}",
        "BANK_API_KEY": key,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(smtp_port),
        "MAIL_DEFAULT_SENDER": "MASSIV Seguros <no-responder@massiv.example>",
        "SIGNING_CERTIFICATE": str(signing_certificate(folder / "data")),
        "SIGNING_PASSWORD": SIGNING_PASSWORD,
        "PYTHONPATH": str(ROOT),
    }


def _databases(stack: ExitStack, database: str, folder: Path) -> dict[str, str]:
    if database == "sqlite":
        return {name: f"sqlite:///{folder / f'{name}.sqlite'}" for name in ("portal", "floor")}
    # As the distribution configures it: unlike that of the tests it waits for the disk.
    waits = (f"{name}=on" for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"))
    server = stack.enter_context(postgres_server(*waits))
    return {name: server.create(name) for name in ("portal", "floor")}


def _run(module: str, env: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", module],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": os.environ.get("HOME", "/tmp")} | env,
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
