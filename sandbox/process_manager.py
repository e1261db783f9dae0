"""The processes of `./run` under honcho.

Those of Python are forks of this one, which has imported the application: each import takes a second of processor, and
what all of them need is in memory once. From there on a fork is the module that it would be under `python -m`.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import runpy
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO, Any

from honcho import manager as honcho_manager
from honcho.manager import Manager
from honcho.process import Popen, Process

from sandbox.console import Console
from sandbox.embedded import MEMORY, Part

_LAST_SECONDS = 20  # what a process gets to finish what it is at
_AT_ONCE_SECONDS = 10
_STOPS = (signal.SIGTERM, signal.SIGINT)
_PR_SET_PDEATHSIG = 1  # Linux: the signal that a process gets when its parent has died
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # glibc: mallopt
_BEHIND = "workers"  # who waits for a page goes before the work behind it

_C = ctypes.CDLL(None)

honcho_manager.KILL_WAIT = _LAST_SECONDS


class ProcessManager(Manager):
    """honcho's manager: it ends them all on Ctrl-C or SIGTERM, or when one ends before the portal has answered.

    What ends later is begun again; ended once more at once, it takes all others with it, so that its reason is read.
    """

    def __init__(self, parts: Sequence[Part], console: Console, *, when_started: Callable[[], None]) -> None:
        super().__init__(console)
        self._console = console
        self._process_ctor = _Process
        self._when_started = when_started
        for part in parts:
            self.add_process(part.name, part.command, env=dict(os.environ))

    def _start(self) -> None:
        # What MEMORY says to a program that starts, said to this one: its forks have it too.
        _C.mallopt(_M_ARENA_MAX, int(MEMORY["MALLOC_ARENA_MAX"]))
        _C.mallopt(_M_MMAP_THRESHOLD, int(MEMORY["MALLOC_MMAP_THRESHOLD_"]))
        gc.freeze()  # left alone by the collector, what is here stays shared
        super()._start()
        self._when_started()  # with a thread before, a fork could inherit a lock that nobody opens

    def _any_stopped(self) -> bool:
        # Asked for by the loop, which ends everything for one that has stopped. Of one thread only: see `_start`.
        if not self._terminating and threading.active_count() == 1:
            for name, one in self._processes.items():
                if "returncode" in one and time.monotonic() > one.get("begun_again", 0) + _AT_ONCE_SECONDS:
                    self._begin_again(name)
        return bool(super()._any_stopped())

    def _begin_again(self, name: str) -> None:
        self._console.say(f"{name} ended by itself and is begun again: {self._console.file} says more")
        one = {"obj": self._processes[name]["obj"], "begun_again": time.monotonic()}
        one["process"] = multiprocessing.Process(name=name, target=one["obj"].run, args=(self.events, True))
        self._processes[name], self.returncode = one, None
        one["process"].start()

    def terminate(self) -> None:
        if self._all_started():
            for name, one in self._processes.items():
                if "returncode" in one and not self._terminating:
                    self._console.say(f"{name} ended by itself, so everything ends: {self._console.file} says more")
            self._console.is_ending = True
            super().terminate()
            return
        # A signal came before every process had told its id: the end waits for that.
        signal.signal(signal.SIGALRM, lambda _number, _frame: self.terminate())
        signal.setitimer(signal.ITIMER_REAL, 0.05)


class _Process(Process):
    """honcho's process, which does not outlive us: killed, or with our terminal closed, we could end nothing."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        _end_with_parent(signal.SIGKILL)
        self._child_ctor = _begin
        super().run(events, ignore_signals)


def _begin(command: Sequence[str], **given: Any) -> Popen | _Fork:
    if command[0] == sys.executable:
        return _Fork(command[2:])
    return Popen(shlex.join(["exec", "setpriv", "--pdeathsig", "TERM", "--", *command]), **given)


class _Fork(multiprocessing.Process):
    """A module run as `python -m` would, with what honcho asks of a Popen."""

    def __init__(self, module: Sequence[str]) -> None:
        super().__init__()
        self._module = module
        self._reading, self._writing = os.pipe()
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # one that comes now waits until somebody can take it
        self.start()
        process = int(self.pid or 0)
        os.setpgid(process, process)  # here as well, so that it has its group once its id is told
        os.close(self._writing)
        self.stdout: IO[bytes] = os.fdopen(self._reading, "rb")

    def wait(self) -> None:
        self.join()

    @property
    def returncode(self) -> int | None:
        return self.exitcode

    def run(self) -> None:
        os.setpgid(0, 0)  # Ctrl-C is for the first process, which tells the others
        _end_with_parent(signal.SIGTERM)
        os.close(self._reading)
        for output in (1, 2):
            os.dup2(self._writing, output)
        for number in _STOPS:
            # Until the module has its own ways to end there is nothing to finish.
            signal.signal(number, lambda _number, _frame: os._exit(0))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
        name, *_ = sys.argv = list(self._module)
        if name == _BEHIND:
            os.nice(5)
        runpy.run_module(name, run_name="__main__", alter_sys=True)


def _end_with_parent(with_signal: signal.Signals) -> None:
    _C.prctl(_PR_SET_PDEATHSIG, with_signal)
