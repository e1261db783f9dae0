"""Named points at which a process of the portal kills itself, as a machine that loses power, when a trap lies there.

A trap is a file; whoever takes it away dies. The portal knows nothing of it: `tests.faults.trapped` wraps its functions
before it runs them.
"""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

FOLDER = "TRAPS"


@dataclass(frozen=True)
class Point:
    """`owner`.`function`, before or after it; of the bell, only when it is rung for the queue `rings`."""

    owner: Callable[[], Any]
    function: str
    before: bool = False
    rings: str | None = None


def _module(name: str) -> Callable[[], Any]:
    return lambda: __import__(name, fromlist=["_"])


def _of(module: str, name: str) -> Callable[[], Any]:
    return lambda: getattr(_module(module)(), name)


_queue, _bank = _of("portal.integrations.jobqueue", "JobQueue"), _of("portal.integrations.bank", "Bank")

POINTS = {
    "the payment is committed and its bell not rung": Point(_queue, "ring", before=True, rings="charges"),
    "the bell is rung and the page not answered": Point(_queue, "ring", rings="charges"),
    "the end is carried out and not committed": Point(_module("portal.services.policies.cancellation"), "terminate"),
    "the end is committed and its bell not rung": Point(_queue, "ring", before=True, rings="refunds"),
    "the charge is begun": Point(_of("portal.services.payments.charging", "CHARGES"), "work", before=True),
    "the refund is begun": Point(_of("portal.services.payments.bank_refunds", "REFUNDS"), "work", before=True),
    "the payout is begun": Point(_of("portal.services.payments.payouts", "PAYOUTS"), "work", before=True),
    "the sending is noted and the bank not asked": Point(_bank, "send", before=True),
    "the bank has answered and nothing is written": Point(_bank, "send"),
    "the policy is issued and not committed": Point(_module("portal.services.policies.issuing"), "issue"),
    "a claim's file is kept and its paper has not come": Point(
        _module("portal.services.claims.papers"), "receive", before=True
    ),
    "a claim's paper has come and nothing is committed": Point(_module("portal.services.claims.papers"), "receive"),
    "all is committed and no bell rung": Point(_queue, "ring", before=True, rings="documents"),
    "all is committed and the job not ended": Point(_module("portal.services.payments.settling"), "settle"),
}


def lay(folder: Path, name: str) -> Path:
    """A trap at the point `name`; it is there until somebody dies of it."""
    trap = folder / name.replace(" ", "-")
    trap.touch()
    return trap


def has_caught(trap: Path) -> bool:
    """Whether somebody died of it."""
    return not trap.exists()


def watch_every_point() -> None:
    """Wrap the functions of this process."""
    folder = Path(os.environ[FOLDER])
    for name, point in POINTS.items():
        owner = point.owner()
        watched = _watched(getattr(owner, point.function), point, folder / name.replace(" ", "-"))
        (object.__setattr__ if is_dataclass(owner) else setattr)(owner, point.function, watched)  # a frozen one too


def _watched(function: Callable[..., Any], point: Point, trap: Path) -> Callable[..., Any]:
    @functools.wraps(function)
    def watched(*args: Any, **named: Any) -> Any:
        is_here = point.rings is None or point.rings in args
        if is_here and point.before:
            _die_of(trap)
        result = function(*args, **named)
        if is_here and not point.before:
            _die_of(trap)
        return result

    return watched


def _die_of(trap: Path) -> None:
    try:
        trap.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
