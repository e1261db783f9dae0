"""Real processes for tests, the portal's own among them: each checked to be the one that was started, and ended by its
own process id."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parent.parent

#: Seconds after which a test gives up on what should have come: many times what it takes, since a machine may be busy.
PATIENCE = 120

# A server that has imported the application and forks when it is told to: each import takes a second of processor.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.imported"])


class Running(Protocol):
    """What tests ask of a process: a part of subprocess.Popen."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, number: int, /) -> None: ...


class Fork:
    """A module run as `python -m module *arguments` would be, in a process of its own group, over `env`
    and what any program needs; what it says goes to `log`. `listening` is a socket that it inherits: {socket} among the
    arguments is its number."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        env: Mapping[str, str],
        log: Path,
        listening: socket.socket | None = None,
    ) -> None:
        log.touch()  # whoever reads it needn't wait for the process to begin
        self._process = _FORKS.Process(target=_be, args=(module, arguments, {**bare_env(), **env}, log, listening))
        self._process.start()
        self.pid = int(self._process.pid or 0)
        until(lambda: self.poll() is not None or os.getpgid(self.pid) == self.pid, "the process has its group")

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _be(module: str, arguments: Sequence[str], env: dict[str, str], log: Path, listening: socket.socket | None) -> None:
    os.setsid()
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(env)
    with log.open("ab") as output, open(os.devnull, "rb") as nothing:
        for standard, file in enumerate((nothing, output, output)):
            os.dup2(file.fileno(), standard)
    place = "" if listening is None else str(listening.fileno())
    sys.argv = [module, *(word.format(socket=place) for word in arguments)]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


@contextmanager
def process(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    end: signal.Signals = signal.SIGTERM,
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
        )
    try:
        yield running
    finally:
        stop(running, end)


def stop(running: Running, end: signal.Signals = signal.SIGTERM) -> None:
    """End a process, and whatever it left of its group."""
    if running.poll() is None:
        running.send_signal(end)
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(PATIENCE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def bare_env() -> dict[str, str]:
    """What any program needs; nothing of the caller's settings."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), "LANG": "C.UTF-8"}


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until `condition` holds. Raises AssertionError naming `what` did not come about."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.02)


@dataclass(frozen=True)
class WebServer:
    """A gunicorn master with its workers, at `url`."""

    url: str
    running: Running


@contextmanager
def web_server(env: Mapping[str, str], log: Path, *, processes: int = 1, app: str = "wsgi:app") -> Iterator[WebServer]:
    """The portal's web server over `env`. It inherits a socket that we bound, so it can be no other server.

    BASE_URL is set to its address unless `env` has one.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        arguments = ["--bind", "fd://{socket}", "--workers", str(processes), app]
        running = Fork("gunicorn", *arguments, env={"BASE_URL": url, **env}, log=log, listening=listening)
        try:
            until(lambda: running.poll() is not None or _is_up(url), "the web server answers")
            assert running.poll() is None, log.read_text()
            yield WebServer(url, running)
        finally:
            stop(running)


@contextmanager
def worker(env: Mapping[str, str], parts: str, log: Path, *, program: str = "workers") -> Iterator[Fork]:
    """`python -m workers <parts>` over `env`; without any part, all of them."""
    running = Fork(program, *parts.split(), env=env, log=log)
    try:
        yield running
    finally:
        stop(running)


def _is_up(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/ingresar", timeout=PATIENCE).close()
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True
