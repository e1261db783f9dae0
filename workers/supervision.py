"""Processes that work and one that watches them.

Jobs share a process, so one that kills it (a fault in a library's C code) must not end the worker: the watcher, which
does nothing else, starts another. What the dead one held is free again when its lease ends.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

import structlog

log = structlog.get_logger(__name__)

STOPS = (signal.SIGTERM, signal.SIGINT)
_PAUSE_SECONDS = 1


class Watch:
    """Keeps a process of each of `works`, which never end by themselves, until SIGTERM or Ctrl-C; these it passes on.

    They are forks of this process: what is imported is imported once, and connections are theirs to open.
    """

    def __init__(self, works: Mapping[str, Callable[[], None]]) -> None:
        self._works = works
        self._working: dict[int, str] = {}
        self._is_told_to_stop = False
        self._watcher, self._watching = os.pipe()

    def keep(self) -> None:
        """Returns once told to stop and all work has ended."""
        for number in STOPS:
            signal.signal(number, self._stop)
        for name in self._works:
            self._start(name)
        while self._working:
            process, status = os.waitpid(-1, 0)
            name = self._working.pop(process)
            if not self._is_told_to_stop:
                log.error("worker_died", name=name, status=os.waitstatus_to_exitcode(status))
                time.sleep(_PAUSE_SECONDS)
                self._start(name)

    def _start(self, name: str) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # one that comes now waits until somebody can take it
        if not self._is_told_to_stop:
            process = os.fork()
            if process == 0:
                self._in_child(name)
            self._working[process] = name
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)

    def _in_child(self, name: str) -> None:
        status = 1
        try:
            for number in STOPS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            os.close(self._watching)
            threading.Thread(target=_end_after, args=(self._watcher,), daemon=True).start()
            self._works[name]()
            status = 0
        except Exception:
            log.exception("worker_failed", name=name)
        finally:
            os._exit(status)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_told_to_stop = True
        for process in list(self._working):
            with contextlib.suppress(ProcessLookupError):  # its end is known to the system, and not yet to us
                os.kill(process, signal.SIGTERM)


def _end_after(watcher: int) -> None:
    """The other end of the pipe closes with the watcher, however it ends: nobody works unwatched."""
    os.read(watcher, 1)
    os.kill(os.getpid(), signal.SIGTERM)
