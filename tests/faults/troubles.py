"""What goes wrong while people buy and change what they have, each injected for real and healed afterwards."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from tests.faults.ensemble import Ensemble
from tests.faults.gates import Gate, Mode


class Troubles:
    """One trouble at a time, chosen by `chance`; `happened` counts each. Whatever it does is healed when it returns."""

    def __init__(self, portal: Ensemble, chance: random.Random) -> None:
        self.happened: Counter[str] = Counter()
        self._portal, self._chance = portal, chance
        self._kinds: list[Callable[[], str]] = [
            self._kill_the_workers,
            self._kill_a_worker,
            self._kill_a_worker,
            self._kill_a_web_process,
            self._lose_a_web_server,
            self._deploy,
            self._empty_redis,
            self._silence_redis,
            self._bank,
            self._bank,
            self._mail,
            self._mail,
            self._kill_the_engine,
            self._restart_postgresql if portal.postgres else self._lock_sqlite,
        ]

    def next(self) -> None:
        self.happened[self._chance.choice(self._kinds)()] += 1

    @property
    def duplicates(self) -> int:
        """How many mails may have come twice: one for each time that the mark after the server's answer was lost."""
        crashes = ("killed the workers", "killed a worker", "PostgreSQL restarted", "SQLite locked")
        return sum(self.happened[crash] for crash in crashes) + self._portal.mail_gate.cuts

    def _pause(self, shortest: float, longest: float) -> None:
        time.sleep(self._chance.uniform(shortest, longest))

    def _kill_the_workers(self) -> str:
        self._portal.parts["workers"].kill()
        self._pause(0, 2)
        self._portal.parts["workers"].start()
        return "killed the workers"

    def _kill_a_worker(self) -> str:
        """One of a queue, or the schedule. Its watcher starts another."""
        children = self._portal.parts["workers"].children()
        if children:
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(children), signal.SIGKILL)
        return "killed a worker"

    def _kill_a_web_process(self) -> str:
        children = self._chance.choice(self._portal.web()).children()
        if children:
            with suppress(ProcessLookupError):
                os.kill(self._chance.choice(children), signal.SIGKILL)
        return "killed a web process"

    def _lose_a_web_server(self) -> str:
        server = self._chance.choice(self._portal.web())
        server.kill()
        self._pause(0, 2)
        server.start()
        return "killed a web server"

    def _deploy(self) -> str:
        server = self._chance.choice(self._portal.web())
        server.end()
        server.start()
        return "restarted a web server"

    def _empty_redis(self) -> str:
        self._portal.redis.stop()
        self._pause(0, 4)
        self._portal.redis.start()
        return "Redis came back empty"

    def _silence_redis(self) -> str:
        pid = self._portal.redis.running[-1].pid
        os.kill(pid, signal.SIGSTOP)
        self._pause(1, 4)
        os.kill(pid, signal.SIGCONT)
        return "Redis fell silent"

    def _bank(self) -> str:
        return f"bank {self._through(self._portal.bank_gate, Mode.FAILS, Mode.GARBLES)}"

    def _mail(self) -> str:
        return f"SMTP {self._through(self._portal.mail_gate)}"

    def _through(self, gate: Gate, *modes: Mode) -> str:
        gate.mode = self._chance.choice([Mode.SHUT, Mode.DEAF, Mode.CUTS, *modes])
        words = gate.mode.value
        self._pause(1, 4)
        gate.mode = Mode.OPEN
        gate.cut()
        return words

    def _kill_the_engine(self) -> str:
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            for job in self._portal.parts["workers"].children():
                with suppress(FileNotFoundError, ProcessLookupError):
                    engines = Path(f"/proc/{job}/task/{job}/children").read_text().split()
                    for engine in engines:
                        os.kill(int(engine), signal.SIGKILL)
                    if engines:
                        return "killed the PDF engine"
            time.sleep(0.01)
        return "found no PDF engine to kill"

    def _restart_postgresql(self) -> str:
        assert self._portal.postgres is not None
        self._portal.postgres.stop(signal.SIGQUIT)
        self._pause(0, 2)
        self._portal.postgres.start()
        return "PostgreSQL restarted"

    def _lock_sqlite(self) -> str:
        path = self._portal.env["DATABASE_URL"].removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, timeout=15, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self._pause(0.5, 4)
            other.execute("ROLLBACK")
        return "SQLite locked"
