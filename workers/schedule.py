"""The schedule: a thread per periodic task, each run under a lease that the database keeps.

RQ's own scheduler is not used: two of them enqueue everything twice, and both are silent while Redis is away, which is
when payments must still be reconciled and what is owed be done. Here a task runs in this process, asks nothing of
Redis, and any number of schedules may run: whoever takes the lease does the round. A slow task delays no other.
"""

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from flask import Flask

from portal.services.authentication import password_attempts
from portal.services.claims import drafts as claim_drafts
from portal.services.claims import following, late_warnings, notices, observed
from portal.services.desk.background import FAMILIES
from portal.services.evidence import confirmations, orphans
from portal.services.messaging import bounces
from portal.services.operation import audit_heads, bordereaux, retention
from portal.services.payments import bank, cash_payouts, charging, movements, settlement_days, slips
from portal.services.platform import leases, outbox
from portal.services.servicing import renewal_notices
from workers import metrics
from workers.heartbeats import beating
from workers.standing_in import standing_in

log = structlog.get_logger(__name__)

_LONGEST_PAUSE = timedelta(seconds=30)
_LAST_ROUND_SECONDS = 10


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """`run` may be begun twice, and does its work once. `every`: from the beginning of a round to the next. `longest`:
    when a round that never ended is given up."""

    name: str
    run: Callable[[], object]
    every: timedelta
    longest: timedelta


TASKS = (
    PeriodicTask("ring", outbox.enqueue_due, every=timedelta(seconds=3), longest=timedelta(seconds=20)),
    PeriodicTask("reconcile", movements.reconcile_overdue, every=timedelta(seconds=20), longest=timedelta(minutes=1)),
    PeriodicTask("banks", bank.remember_banks, every=timedelta(minutes=2), longest=timedelta(minutes=1)),
    PeriodicTask("settlements", settlement_days.keep_up, every=timedelta(minutes=10), longest=timedelta(minutes=10)),
    PeriodicTask("bordereaux", bordereaux.keep_up, every=timedelta(minutes=10), longest=timedelta(minutes=10)),
    PeriodicTask("expire_slips", slips.expire_due, every=timedelta(minutes=1), longest=timedelta(minutes=5)),
    PeriodicTask("expire_payouts", cash_payouts.expire_due, every=timedelta(minutes=1), longest=timedelta(minutes=5)),
    PeriodicTask("remind_slips", slips.remind_due, every=timedelta(minutes=10), longest=timedelta(minutes=10)),
    PeriodicTask("bounces", bounces.collect, every=timedelta(minutes=1), longest=timedelta(minutes=3)),
    PeriodicTask("forget_tokens", charging.forget_tokens, every=timedelta(minutes=1), longest=timedelta(minutes=1)),
    PeriodicTask("audit_head", audit_heads.tell, every=timedelta(hours=1), longest=timedelta(minutes=2)),
    PeriodicTask("tell_tries", password_attempts.tell_owners, every=timedelta(minutes=1), longest=timedelta(minutes=5)),
    PeriodicTask(
        "confirm_evidence", confirmations.confirm_due, every=timedelta(minutes=1), longest=timedelta(minutes=5)
    ),
    PeriodicTask("mend_files", orphans.mend, every=timedelta(hours=24), longest=timedelta(hours=2)),
    PeriodicTask("forget_notices", notices.forget, every=timedelta(hours=1), longest=timedelta(minutes=5)),
    PeriodicTask("forget_visits", following.forget, every=timedelta(hours=1), longest=timedelta(minutes=5)),
    PeriodicTask("forget_claims", claim_drafts.forget_old, every=timedelta(hours=1), longest=timedelta(minutes=10)),
    PeriodicTask("tell_observed", observed.tell_due, every=timedelta(minutes=1), longest=timedelta(minutes=5)),
    PeriodicTask("warn_claims", late_warnings.warn_due, every=timedelta(hours=1), longest=timedelta(minutes=10)),
    PeriodicTask("tell_ends", renewal_notices.tell_due, every=timedelta(minutes=10), longest=timedelta(minutes=10)),
    PeriodicTask("forget", retention.forget, every=timedelta(hours=1), longest=timedelta(minutes=10)),
)


def serve(app: Flask) -> None:
    """Do the tasks as they come round, until SIGTERM or Ctrl-C."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    threads = [
        threading.Thread(target=_keep, args=(app, task, stopping), name=task.name, daemon=True) for task in TASKS
    ]
    for thread in threads:
        thread.start()
    metrics.serve(app)
    log.info("schedule_started", tasks=[task.name for task in TASKS])
    with beating(app, "schedule"), standing_in(app, FAMILIES):
        stopping.wait()
    for thread in threads:
        thread.join(_LAST_ROUND_SECONDS)


def round_of(app: Flask, task: PeriodicTask) -> bool:
    """Run `task` once if its turn has come and nobody else took it. Whether it ran here."""
    with app.app_context(), leases.turn(task.name, every=task.every, longest=task.longest) as ours:
        if ours:
            task.run()
    return ours


def _keep(app: Flask, task: PeriodicTask, stopping: threading.Event) -> None:
    pause = min(task.every, _LONGEST_PAUSE).total_seconds()
    while not stopping.is_set():
        try:
            round_of(app, task)
        except Exception:
            # A round that fails, the database being away among others, must not end the rounds to come.
            log.exception("round_failed", task=task.name)
        stopping.wait(pause)
