"""What `./run` starts: the embedded parts, the web server, the workers and the schedule, together and under honcho.

`python -m sandbox.start` starts everything; with arguments it is `flask` over the same settings.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any

from honcho import manager as honcho_manager
from honcho.manager import Manager
from honcho.process import Process

from sandbox.embedded import CannotStart, Composition, Part, compose, is_free

ROOT = Path(__file__).resolve().parent.parent
_LAST_SECONDS = 20  # what a process gets to finish what it is at
_READY_SECONDS = 60
_PR_SET_PDEATHSIG = 1  # Linux: the signal that a process gets when its parent has died

# Who waits for a page goes before the work behind it: a start shows its first page sooner too.
_BEHIND = ["nice", "-n", "5", sys.executable, "-m", "workers"]

PORTAL = [
    Part("web", [sys.executable, "-m", "gunicorn", "wsgi:app"]),
    *(Part(name, [*_BEHIND, name]) for name in ("charges", "documents", "mail", "schedule")),
]


def main() -> None:
    os.chdir(ROOT)
    data = Path(os.environ.get("PORTAL_DATA") or "var").absolute()
    try:
        if len(sys.argv) > 1:
            flask = [sys.executable, "-m", "flask", "--app", "wsgi", *sys.argv[1:]]
            os.execve(sys.executable, flask, compose(os.environ, data).env)  # noqa: S606
        sys.exit(start(data))
    except CannotStart as reason:
        sys.exit(str(reason))
    except KeyboardInterrupt:
        sys.exit(130)  # before anything was started


def start(data: Path) -> int:
    """Start everything over the folder `data` and wait for its end. Raises CannotStart."""
    held = _hold(data)
    composition = compose(os.environ, data)
    port = _port(composition.env)
    if not is_free(port):
        raise CannotStart(f"Something listens on port {port} already: end it, or give another PORT.")
    _say(f"Preparing the database in {data}" if composition.parts else "Preparing the database")
    people = _prepare(composition.env)
    everything = _Everything()
    for part in composition.parts + PORTAL:
        command = shlex.join(["exec", "setpriv", "--pdeathsig", "TERM", "--", *part.command])
        everything.add_process(part.name, command, env=composition.env, cwd=str(ROOT))
    threading.Thread(target=_tell_when_ready, args=(port, composition, people), daemon=True).start()
    everything.loop()
    held.close()
    return everything.returncode or 0


def _port(env: dict[str, str]) -> int:
    try:
        return int(env.get("PORT", "8000"))
    except ValueError:
        raise CannotStart("PORT must be a whole number.") from None


class _Process(Process):
    """honcho's process, which does not outlive us: killed, or with our terminal closed, we could end nothing."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        super().run(events, ignore_signals)


class _Everything(Manager):
    """honcho's manager: when one process ends, or on Ctrl-C or SIGTERM, it ends them all."""

    def __init__(self) -> None:
        super().__init__()
        self._process_ctor = _Process

    def terminate(self) -> None:
        if self._all_started():
            super().terminate()
            return
        # A signal came before every process had told its id: the end waits for that.
        signal.signal(signal.SIGALRM, lambda _number, _frame: self.terminate())
        signal.setitimer(signal.ITIMER_REAL, 0.05)


honcho_manager.KILL_WAIT = _LAST_SECONDS


def _hold(data: Path) -> IO[str]:
    """Keep the folder to ourselves for as long as the file stays open, which the system ends with the process."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = (data / "run.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise CannotStart(
            f"A portal runs on {data} already (process {file.read().strip()}): end it, or give another PORTAL_DATA."
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _prepare(env: dict[str, str]) -> str:
    # The bank starts only after this: that its list can't be had yet is no news.
    quiet = env | {"LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.prepare"], env=quiet, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise CannotStart("The portal was not started.")
    return done.stdout


def _tell_when_ready(port: int, composition: Composition, people: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(f"http://127.0.0.1:{port}/"):
        if time.monotonic() > deadline:
            _say(f"The portal has not answered for {_READY_SECONDS} seconds: see the lines above.")
            return
        time.sleep(0.1)
    lines = ["", f"  Portal    {composition.env['BASE_URL']}"]
    if composition.mailbox_url:
        lines.append(f"  Mailbox   {composition.mailbox_url}")
    if people:
        lines += ["", *(f"  {line}" for line in people.splitlines())]
    _say("\n".join([*lines, "", "  Ctrl-C ends everything.", ""]))


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  our own address
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
