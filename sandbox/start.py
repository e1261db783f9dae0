"""What `./run` starts: the embedded parts, the web server, the workers and the schedule, together and under honcho.

`python -m sandbox.start` starts everything; with arguments it is `flask` over the same settings, those of a portal that
runs if there is one.
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from sandbox.console import Console
from sandbox.embedded import CannotStart, Composition, Part, compose, is_free

ROOT = Path(__file__).resolve().parent.parent
_READY_SECONDS = 60

PORTAL = [
    Part("web", [sys.executable, "-m", "gunicorn", "wsgi:app"]),
    Part("workers", [sys.executable, "-m", "workers"]),
]


def main() -> None:
    os.chdir(ROOT)
    data = Path(os.environ.get("PORTAL_DATA") or "var").absolute()
    try:
        if len(sys.argv) > 1:
            env = compose(os.environ, data, starting=False).env
            if sys.argv[1:2] == ["codigo"] and _said_code(env, sys.argv[2:]):
                return
            flask = [sys.executable, "-m", "flask", "--app", "wsgi", *sys.argv[1:]]
            os.execve(sys.executable, flask, env)  # noqa: S606
        sys.exit(start(data))
    except CannotStart as reason:
        sys.exit(str(reason))
    except KeyboardInterrupt:
        sys.exit(130)  # before anything was started


def _said_code(env: Mapping[str, str], arguments: list[str]) -> bool:
    """Whether there was no need of the application for it: it takes three seconds to come."""
    from sandbox import phone

    try:
        words = phone.code(env, *arguments) if len(arguments) == 1 else None
    except phone.REFUSALS as reason:
        sys.exit(f"Error: {reason}")
    if words:
        _say(words)
    return words is not None


def start(data: Path) -> int:
    """Start everything over the folder `data` and wait for its end. Raises CannotStart."""
    from sandbox.process_manager import ProcessManager  # a command needs none

    held = _hold(data)
    composition = compose(os.environ, data)
    port = _port(composition.env)
    if not is_free(port):
        raise CannotStart(f"Something listens on port {port} already: end it, or give another PORT.")
    _say(f"▸ Importing the portal, whose data is in {data}")
    os.environ.clear()
    os.environ.update(composition.env)
    people = _prepare(composition)
    _say("▸ Processes")
    console = Console(data / "portal.log")
    ready = threading.Thread(target=_tell_when_ready, args=(port, composition, people, console), daemon=True)
    manager = ProcessManager(composition.parts + PORTAL, console, when_started=ready.start)
    manager.loop()
    console.close()
    held.close()
    return manager.returncode or 0


def _port(env: dict[str, str]) -> int:
    try:
        return int(env.get("PORT", "8000"))
    except ValueError:
        raise CannotStart("PORT must be a whole number.") from None


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


def _prepare(composition: Composition) -> str:
    # Imported here: a start that is refused needn't wait for it, and from here on every part has it.
    from sandbox.prepare import REFUSALS, prepare

    try:
        # The bank starts only after this: that its list can't be had yet is no news.
        return prepare(os.environ | {"LOG_LEVEL": "ERROR"}, composition.ledger)
    except REFUSALS as reason:
        raise CannotStart(str(reason)) from reason


def _tell_when_ready(port: int, composition: Composition, people: str, console: Console) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not _answers(f"http://127.0.0.1:{port}/"):
        if time.monotonic() > deadline:
            _say(f"The portal has not answered for {_READY_SECONDS} seconds: see {console.file}")
            return
        time.sleep(0.1)
    lines = ["", f"  Portal    {composition.env['BASE_URL']}"]
    if composition.mailbox_url:
        moved = f" ({composition.mailbox_moved})" if composition.mailbox_moved else ""
        lines.append(f"  Mailbox   {composition.mailbox_url}{moved}")
    lines.append(f"  Log       {console.file}")
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
