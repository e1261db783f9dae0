"""While Redis is away nobody hears the bell: each part of the background work looks by itself at what is owed.

A worker does its own queue's, and the schedule that of every queue, one row at a time each. The row's lease keeps them
from doing anything twice, with each other and with whoever is rung for once Redis is back.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from flask import Flask
from rq.timeouts import TimerDeathPenalty

from portal.extensions import queue
from portal.services.platform import outbox
from portal.services.platform.job_families import JobFamily

log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1
_AT_ONCE = 20  # rows of a round; then Redis is looked for again
_LAST_JOB_SECONDS = 10


@contextmanager
def standing_in(app: Flask, families: Sequence[JobFamily]) -> Iterator[None]:
    """While inside, what these families owe is done here whenever Redis can't be reached."""
    stopping = threading.Event()
    threads = [
        threading.Thread(target=_keep, args=(app, one, stopping), name=f"without-redis-{one.job.queue}", daemon=True)
        for one in families
        if not one.missing()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        deadline = time.monotonic() + _LAST_JOB_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _keep(app: Flask, family: JobFamily, stopping: threading.Event) -> None:
    pause = 0
    while not stopping.wait(pause):
        pause = _PAUSE_SECONDS
        try:
            if not queue.is_reachable() and _round(app, family, stopping):
                pause = 0
        except Exception:
            # The database being away among others: it must not end the rounds to come.
            log.exception("standing_in_failed", queue=family.job.queue)


def _round(app: Flask, family: JobFamily, stopping: threading.Event) -> int:
    """Do what is due now, oldest first. How many rows that were."""
    with app.app_context():
        due = outbox.due(family.job.queue, limit=_AT_ONCE)
    for outbox_id in due:
        if stopping.is_set():
            break
        # As RQ does to its own: cut off before the lease ends.
        with app.app_context(), TimerDeathPenalty(queue.job_seconds):  # type: ignore[no-untyped-call]  # of rq
            family.perform(outbox_id)
    return len(due)
