"""A whole portal whose every part can be killed and started again: web servers, workers, schedule, Redis, PostgreSQL.

Nothing of it is shared with other tests. The web servers' sockets are held here, as by systemd: who asks while a server
is away waits for the next one.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from flask import Flask
from sqlalchemy import select

from portal import create_app
from portal.extensions import db
from portal.models import OutboxRow
from portal.settings import Settings
from sandbox.bank import Pauses
from sandbox.harness import RunningBank, running_bank, running_mailbox
from sandbox.mail_store import MailStore
from tests import applications, processes, servers
from tests.databases import migrate
from tests.draining import owed_now
from tests.factories import Factories
from tests.faults.gates import Gate
from tests.processes import PATIENCE


class Part:
    """One process of the portal with its children. `env` may be added to before it is started again."""

    def __init__(
        self, module: str, *arguments: str, env: dict[str, str], log: Path, listening: socket.socket | None
    ) -> None:
        self.env, self.log = env, log
        self._module, self._arguments, self._listening = module, arguments, listening
        self.running: processes.Fork | None = None

    def start(self) -> None:
        self.running = processes.Fork(
            self._module, *self._arguments, env=self.env, log=self.log, listening=self._listening
        )

    def kill(self) -> None:
        """As a machine that loses power: the process and all of its group, at once."""
        if self.running is not None:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()
            self.running = None

    def end(self) -> int:
        """As a deploy does: SIGTERM, and time to finish. What it ended with."""
        assert self.running is not None
        self.running.send_signal(signal.SIGTERM)
        status = self.running.wait(PATIENCE)
        self.kill_what_is_left()
        return status

    def kill_what_is_left(self) -> None:
        if self.running is not None:
            processes.stop(self.running, signal.SIGKILL)
            self.running = None

    def children(self) -> list[int]:
        """The processes that it started itself."""
        assert self.running is not None
        pid = self.running.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@dataclass(frozen=True)
class Ensemble:
    """`urls` are the web servers'. `app` is this process's way into the data; `bank_gate` and `mail_gate` stand
    between the portal and the sandbox, and can be shut."""

    env: dict[str, str]
    app: Flask
    make: Factories
    bank: RunningBank
    bank_gate: Gate
    mailbox: MailStore
    mail_gate: Gate
    redis: servers.RedisServer
    postgres: servers.PostgresServer | None
    parts: dict[str, Part] = field(default_factory=dict)
    urls: list[str] = field(default_factory=list)

    def web(self) -> list[Part]:
        return [part for name, part in self.parts.items() if name.startswith("web")]

    def start(self, *names: str) -> None:
        """Start parts, all unless named, and wait until the web servers among them answer."""
        started = names or tuple(self.parts)
        for name in started:
            self.parts[name].start()
        self.wait_for_web(*(name for name in started if name.startswith("web")))

    def wait_for_web(self, *names: str) -> None:
        def answers(url: str) -> bool:
            try:
                return httpx.get(f"{url}/ingresar", timeout=5, trust_env=False).status_code == 200
            except httpx.HTTPError:
                return False

        for url in (self.urls[int(name.removeprefix("web-"))] for name in names):
            processes.until(lambda url=url: answers(url), f"{url} answers")  # type: ignore[misc]

    def owed(self) -> list[int]:
        """The jobs that are not done, by their rows."""
        with self.app.app_context():
            return list(db.session.scalars(select(OutboxRow.id).where(owed_now())))

    def kill_all(self) -> None:
        for part in self.parts.values():
            part.kill()

    def end_all(self) -> dict[str, int]:
        """Deploy: every process told to end, all at once. What each ended with."""
        with ThreadPoolExecutor(len(self.parts)) as pool:
            return dict(zip(self.parts, pool.map(Part.end, self.parts.values()), strict=True))

    def move_clocks(self, seconds: int) -> None:
        """Whoever is started from now on lives so much later."""
        for part in self.parts.values():
            part.env["CLOCK_OFFSET_SECONDS"] = str(seconds)


@contextmanager
def ensemble(
    folder: Path, postgres: servers.PostgresServer | None, *, web: int = 2, path: str | None = None
) -> Iterator[Ensemble]:
    """A portal on `postgres`, or on SQLite, that is not started yet. `path`: the PATH of the workers."""
    with ExitStack() as stack:
        redis = stack.enter_context(servers.redis_server(folder / "redis"))
        bank = stack.enter_context(running_bank(folder / "bank.sqlite", pauses=Pauses(slow=1, hangs=12)))
        mailbox = stack.enter_context(running_mailbox(folder / "mails"))
        bank_gate = stack.enter_context(Gate.to(int(bank.url.rpartition(":")[2])))
        mail_gate = stack.enter_context(Gate.to(mailbox.smtp_port))
        database = postgres.create(folder.name) if postgres else f"sqlite:///{folder}/portal.sqlite"
        env = applications.settings(folder / "data", database, redis.url, bank, mail_gate.port)
        env |= {"BASE_URL": "http://localhost", "BANK_URL": f"http://127.0.0.1:{bank_gate.port}"}
        stack.enter_context(applications.extensions_kept())
        app = create_app(Settings.from_env(env))
        stack.callback(applications.close, app)
        migrate(app)
        one = Ensemble(env, app, Factories(app), bank, bank_gate, mailbox.store, mail_gate, redis, postgres)
        stack.callback(one.kill_all)
        for number in range(web):
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))
            one.urls.append(f"http://127.0.0.1:{listening.getsockname()[1]}")
            name = f"web-{number}"
            command = ("gunicorn", "--bind", "fd://{socket}", "wsgi:app")
            one.parts[name] = Part(*command, env=dict(env), log=folder / f"{name}.log", listening=listening)
        own = dict(env) | ({"PATH": path} if path else {})
        one.parts["workers"] = Part("workers", env=own, log=folder / "workers.log", listening=None)
        yield one
