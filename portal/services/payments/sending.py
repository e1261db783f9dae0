"""Money that moves by the bank: meant in one commit, sent outside any transaction, asked about until it is known.

One engine for charges, refunds and payouts. Source: docs/rules.md, Money moves once. What follows from the bank's
answer is in settling.py.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import and_, or_, select

from portal.domain import clock
from portal.extensions import db
from portal.integrations.bank import Approved, Declined, NeverReceived, NotSent, Outcome, Unknown
from portal.models.transaction import end_reading, writing
from portal.services.payments import settling
from portal.services.payments.bank import bank
from portal.services.payments.money_movement import MoneyMovement, Row
from portal.services.platform import outbox
from portal.settings import current_settings

log = structlog.get_logger(__name__)

_BANK_KEEPS_KEYS = timedelta(hours=24)
_OVERDUE = timedelta(seconds=60)
_EXCHANGE = timedelta(seconds=15)  # a sending younger than this may still be waiting for its answer
_RETRY = {
    "unreachable": timedelta(seconds=10),
    "busy": timedelta(minutes=1),
    "unauthorized": timedelta(minutes=5),
}


def intend(kind: MoneyMovement[Row], row: Row) -> outbox.Owed:
    """Mean to move the row's money, in the present transaction: a fresh key, and a job that sends it. Raises ValueError
    for an order that the bank's contract does not allow: nothing that can't be sent is meant."""
    kind.order(row)
    row.move_to(kind.states.PROCESSING)
    row.idempotency_key, row.processing_at = secrets.token_urlsafe(24), clock.now()
    db.session.flush()
    return kind.job.owe(row.id, key=kind.job_key(row.id))


def send(kind: MoneyMovement[Any], row_id: int, outbox_id: int) -> None:
    """Move the money, outside any transaction (the worker's job). A second run never sends again: it asks."""
    with writing() as session:
        row = session.get_one(kind.model, row_id)
        if row.state is not kind.states.PROCESSING:
            outbox.done(outbox_id)
            return
        already_sent, may_be_sent = row.sent_at is not None, kind.may_be_sent(row)
        if may_be_sent and not already_sent:
            row.sent_at = row.last_sent_at = clock.now()
    if already_sent:
        reconcile(kind, row_id, outbox_id)
        return
    outcome = _send(kind, row) if may_be_sent else NotSent("token_expired")
    if isinstance(outcome, NotSent) and outcome.reason in kind.waits_out:
        _wait_for_the_bank(kind, row_id, outcome.reason)
    settling.settle(kind, row_id, outcome, outbox_id)


def reconcile(kind: MoneyMovement[Any], row_id: int, outbox_id: int | None = None) -> None:
    """Ask the bank by key what became of a movement, and settle it. `outbox_id`: of its sending, by whoever holds it.

    "Never received" counts only when the last sending would long have arrived. Then it is sent once more with the
    same key while the bank would take it; once it would not, nothing moved, nor can.
    """
    row = db.session.get_one(kind.model, row_id)
    if row.state not in kind.unsettled:
        return
    if row.sent_at is None:
        _see_to_the_first_sending(kind, row)
        return
    approval = settling.kept_approval(kind, row)
    if approval is not None:
        settling.settle(kind, row_id, approval, outbox_id)
        return
    order, key, can_arrive = kind.order(row), str(row.idempotency_key), kind.can_arrive(row)
    last_sent_at = row.last_sent_at or row.sent_at
    age, quiet = clock.now() - row.sent_at, clock.now() - last_sent_at
    if row.state is kind.states.PROCESSING and outbox_id is None and quiet < _EXCHANGE:
        return  # a worker that came late has just sent it
    end_reading()  # after the values are read: reading one again would begin another transaction
    outcome = bank().find(order, key)
    if age >= _BANK_KEEPS_KEYS and not isinstance(outcome, Approved | Declined):
        settling.review(kind, row_id)
        return
    if isinstance(outcome, NeverReceived) and quiet >= current_settings().bank_settle:
        outcome = _send_once_more(kind, row, outcome, last_sent_at) if can_arrive else NotSent("token_expired")
    settling.settle(kind, row_id, outcome, outbox_id)


def reconcile_overdue(kind: MoneyMovement[Any]) -> None:
    """Ask the bank what became of each movement whose outcome is not known. One that fails does not stop the rest."""
    for row_id in overdue(kind):
        try:
            reconcile(kind, row_id)
        except Exception:
            log.exception("reconcile_failed", kind=kind.name, id=row_id)


def overdue(kind: MoneyMovement[Any]) -> list[int]:
    """Movements whose outcome must be asked for: in process for over 60 s, or unknown."""
    rows = kind.model
    long_ago = rows.processing_at < clock.now() - _OVERDUE
    in_process = and_(rows.state == kind.states.PROCESSING, long_ago)
    return list(db.session.scalars(select(rows.id).where(or_(rows.state == kind.states.UNKNOWN, in_process))))


def _see_to_the_first_sending(kind: MoneyMovement[Row], row: Row) -> None:
    """Nobody has sent it: do the job itself, under its lease. One that was given up ends when it can't be sent."""
    if outbox.has_failed(kind.job_key(row.id)):
        if not kind.can_arrive(row):
            settling.settle(kind, row.id, NotSent("token_expired"), None)
    else:
        key = kind.job_key(row.id)
        outbox.perform_now(key, lambda row_id, outbox_id: send(kind, row_id, outbox_id), outbox.concerns_nobody)


def _wait_for_the_bank(kind: MoneyMovement[Any], row_id: int, reason: str) -> None:
    """Nothing moved and the key is unused: try again soon."""
    with writing() as session:
        row = session.get_one(kind.model, row_id)
        row.sent_at = row.last_sent_at = None
    raise outbox.RetryLater(clock.now() + _RETRY[reason])


def _note_repeat(kind: MoneyMovement[Any], row_id: int, last_sent_at: datetime) -> bool:
    """Say on the row that it is sent once more, before it is. False when it was already, or is now by somebody else."""
    with writing() as session:
        row = session.get_one(kind.model, row_id)
        newest = row.last_sent_at or row.sent_at
        if newest != last_sent_at or newest != row.sent_at or not kind.may_be_sent(row):
            return False
        row.last_sent_at = clock.now()
    return True


def _send_once_more(kind: MoneyMovement[Row], row: Row, never: NeverReceived, last_sent_at: datetime) -> Outcome:
    if not _note_repeat(kind, row.id, last_sent_at):
        return never
    outcome = _send(kind, row)
    # What keeps the second sending out says nothing of the first, unless the bank takes the token no more.
    if isinstance(outcome, NotSent) and outcome.reason != "token_expired":
        return Unknown("unexpected_status")
    return outcome


def _send(kind: MoneyMovement[Row], row: Row) -> Outcome:
    order, key = kind.order(row), str(row.idempotency_key)
    end_reading()
    return bank().send(order, key)
