"""A process that works and one that watches it.

Jobs share a process, so one that kills it (a fault in a library's C code) must not end the worker: the watcher, which
does nothing else, starts another. What the dead one held is free again when its lease ends.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

import structlog

log = structlog.get_logger(__name__)

STOPS = (signal.SIGTERM, signal.SIGINT)
_PAUSE_SECONDS = 1


class Watch:
    """Keeps one process of `work`, which never ends by itself, until SIGTERM or Ctrl-C; these it passes on."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name = name
        self._work = work
        self._child = 0
        self._is_told_to_stop = False

    def keep(self) -> None:
        """Returns once told to stop and the work has ended."""
        for number in STOPS:
            signal.signal(number, self._stop)
        while not self._is_told_to_stop:
            status = self._run_once()
            if not self._is_told_to_stop:
                log.error("worker_died", name=self._name, status=status)
                time.sleep(_PAUSE_SECONDS)

    def _run_once(self) -> int:
        theirs, ours = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # one that comes now waits until somebody can take it
        self._child = os.fork()
        if self._child == 0:
            os.close(ours)
            self._in_child(theirs)
        os.close(theirs)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        _, status = os.waitpid(self._child, 0)
        self._child = 0
        os.close(ours)
        return os.waitstatus_to_exitcode(status)

    def _in_child(self, watcher: int) -> None:
        status = 1
        try:
            for number in STOPS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            threading.Thread(target=_end_after, args=(watcher,), daemon=True).start()
            self._work()
            status = 0
        except Exception:
            log.exception("worker_failed", name=self._name)
        finally:
            os._exit(status)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_told_to_stop = True
        if self._child:
            os.kill(self._child, signal.SIGTERM)


def _end_after(watcher: int) -> None:
    """The other end of the pipe closes with the watcher, however it ends: nobody works unwatched."""
    os.read(watcher, 1)
    os.kill(os.getpid(), signal.SIGTERM)
