"""What a stranger's file is and holds, found out by a process of its own (`decoder`): no file can hurt this one.

It gets no setting and no secret, a bound of memory and of time, and is ended with all that it began. Few run at once:
on this machine (`AT_ONCE`), and in this process (`AT_ONCE_HERE`), so that the web server's threads are left for pages.
"""

import contextlib
import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import structlog

from portal.domain.received_file import Flaw, Refusal

log = structlog.get_logger(__name__)

AT_ONCE = 2
AT_ONCE_HERE = 2
TIMEOUT = 30.0  # seconds of the clock; its processor time is bounded by itself, so that a busy machine refuses nothing
_PATIENCE = 20.0  # seconds to wait for a turn
_LOOK_AGAIN = 0.05  # seconds
_DECODER = Path(__file__).parents[2] / "decoder"

# How it ends: whoever of its libraries gets no memory aborts, or traps itself; nobody but the system kills, for memory
# that the machine has not.
_OVER_THE_LIMITS = (signal.SIGXCPU, signal.SIGABRT, signal.SIGTRAP, signal.SIGILL)
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM)

_here = threading.BoundedSemaphore(AT_ONCE_HERE)


class Refused(Exception):
    """The file can't be taken, for `refusal`."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class Busy(Exception):
    """Too many files are looked at already, or this machine has too much to do."""


class Unable(Exception):
    """Nobody could look at the file: the decoder doesn't begin, fails by itself, or was ended from outside."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """What is kept of a file, as files without a name: `stored`, of the MIME type `type`, and `thumbnail`, a JPEG.
    `width` and `height` in pixels, of a picture."""

    type: str
    stored: BinaryIO
    thumbnail: BinaryIO
    width: int | None
    height: int | None
    pages: int
    flaws: tuple[Flaw, ...]

    @property
    def suffix(self) -> str:
        """That of the stored file."""
        return {"image/jpeg": ".jpg", "application/pdf": ".pdf"}[self.type]


@contextmanager
def inspect(file: BinaryIO, turns: Path, *, is_page: bool) -> Iterator[Inspected]:
    """What `file`, read from where it stands, is and what is kept of it, until the block ends. `turns`: a folder that
    all processes of this machine share. `is_page`: a printed page is expected, and its legibility told.

    Raises Refused, Busy when no turn came or it took too long, Unable, and OSError when the disk is full."""
    with tempfile.TemporaryFile() as stored, tempfile.TemporaryFile() as thumbnail:
        with _turn(turns):
            verdict = _decode(file, stored, thumbnail, is_page=is_page)
        if "full" in verdict:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if "refused" in verdict:
            if "error" in verdict:
                log.warning("file_not_decoded", refused=verdict["refused"], error=verdict["error"])
            raise Refused(Refusal(verdict["refused"]))
        for made in (stored, thumbnail):
            made.seek(0)
        flaws = tuple(Flaw(flaw) for flaw in verdict["flaws"])
        sizes = (verdict["width"], verdict["height"], verdict["pages"])
        yield Inspected(verdict["type"], stored, thumbnail, *sizes, flaws)


def _decode(file: BinaryIO, stored: BinaryIO, thumbnail: BinaryIO, *, is_page: bool) -> dict[str, Any]:
    """The decoder's verdict; what follows from its end when it did not live to give one. Its processor's time is
    bounded by itself, so that what takes too long by the clock is this machine's matter. Raises Busy, Unable."""
    made = [one.fileno() for one in (stored, thumbnail)]
    command = [sys.executable, "-I", str(_DECODER), *map(str, made), *(["page"] if is_page else [])]
    process = subprocess.Popen(  # noqa: S603  our own program, without a word of the sender's
        command,
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=made,
        env={"LANG": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=TIMEOUT)
        if process.returncode == 0:
            verdict: dict[str, Any] = json.loads(said)
            return verdict
        if process.returncode > 0 or -process.returncode in _FROM_OUTSIDE:
            raise Unable(f"ended with {process.returncode}")
        too_much = -process.returncode in _OVER_THE_LIMITS
        return {
            "refused": Refusal.TOO_HEAVY if too_much else Refusal.DAMAGED,
            "error": f"ended with {process.returncode}",
        }
    except subprocess.TimeoutExpired:
        log.warning("file_not_decoded", error="took too long")
        raise Busy from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One of the few turns of this machine, given back by the system if this process dies. Raises Busy."""
    if not _here.acquire(blocking=False):
        raise Busy
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        until = time.monotonic() + _PATIENCE
        while (turn := _free(folder)) is None:
            if time.monotonic() > until:
                raise Busy
            time.sleep(_LOOK_AGAIN)
        with turn:
            yield
    finally:
        _here.release()


def _free(folder: Path) -> BinaryIO | None:
    """A turn that nobody has, held until it is closed."""
    for number in range(AT_ONCE):
        file = open(folder / f"decoding.{number}", "ab")  # noqa: SIM115  the turn, which the caller closes
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            continue
        return file
    return None
