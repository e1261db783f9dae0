"""Real processes for tests, the portal's own among them: each checked to be the one that was started, and ended by its
own process id."""

from __future__ import annotations

import contextlib
import os
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
