"""What the portal looks like from outside, in numbers: each a question to the database, asked through an index, that
costs the same for ten rows as for ten million.

What has ended is never counted row by row: how much there was of it is told by the numbers that were given out.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal.domain import clock
from portal.domain.message import EXPIRED, MessageState, Undelivered
from portal.domain.payment import PAYMENT_TRANSITIONS, PaymentState
from portal.extensions import db
from portal.models import Counter, Document, Heartbeat, KnownBank, Message, OutboxRow, OutboxState, Payment
from portal.services.documents import signing
from portal.services.messaging import held_mail
from portal.services.operation import copies, overdue
from portal.services.payments import settlement_days
from portal.services.payments.money_movement import MoneyMovement
from portal.services.payments.movements import MONEY_OUT

_UNDER_WAY = tuple(PAYMENT_TRANSITIONS)
_UNCERTAIN = (PaymentState.PROCESSING, PaymentState.UNKNOWN)
_UNSENT = tuple(state for state in MessageState if state is not MessageState.SENT)
_LAST_DOCUMENTS = 200


@dataclass(frozen=True, slots=True)
class Figures:
    """Ages in seconds, 0 where there is nothing to be old. `payments`: those that have not ended; `mails`: those that
    did not leave; `mails_held` by why, those that a failure of ours or of our mail server holds. `money_out_oldest`,
    `money_out_in_review`: of refunds and payouts by the bank. `settlements_missing`: days of the bank
    that had to be here by noon. `bank_silence`: since the bank last gave its list,
    infinite if it never did; so is `backup_age`, since the moment that the newest copy holds. `backup_failed`:
    whether the last try went wrong. `signing_days`: for how long the certificate that signs is still good. `late`: what
    is past the moment promised for it; `evidence_oldest`: how long the oldest evidence has waited for its review.
    `numbers`: how many each series gave out. `pdf_seconds`: of the newest documents, shortest first."""

    numbers: dict[str, int]
    payments: dict[str, int]
    oldest_uncertain: dict[str, float]
    money_out_oldest: dict[str, float]
    money_out_in_review: dict[str, int]
    settlements_missing: int
    bank_silence: float
    backup_age: float
    backup_failed: bool
    signing_days: float
    late: dict[str, int]
    evidence_oldest: float
    waiting: dict[str, int]
    oldest_due: dict[str, float]
    failed: dict[str, int]
    mails: dict[str, int]
    mails_held: dict[str, int]
    pdf_seconds: Sequence[float]
    heartbeats: dict[str, float]
    processes: dict[str, int]


def figures() -> Figures:
    """All of them, as they are now. Raises SQLAlchemyError when the database can't be asked."""
    due = _due()
    beats = _beats()
    copied = copies.last()
    out = {kind.name: _money_out(kind) for kind in MONEY_OUT}
    return Figures(
        numbers=_numbers(),
        payments=_payments(),
        oldest_uncertain=_oldest_uncertain(),
        money_out_oldest={name: age for name, (age, _count) in out.items()},
        money_out_in_review={name: count for name, (_age, count) in out.items()},
        settlements_missing=settlement_days.missing(),
        bank_silence=_silence(db.session.scalar(select(func.max(KnownBank.heard_at)))),
        backup_age=_silence(copied.made_at),
        backup_failed=copied.has_failed,
        signing_days=signing.days_left(),
        late=overdue.counts(),
        evidence_oldest=_age(overdue.evidence_since()),
        waiting={queue: count for queue, (count, _age) in due.items()},
        oldest_due={queue: age for queue, (_count, age) in due.items()},
        failed=_failed(),
        mails=_mails(),
        mails_held=_mails_held(),
        pdf_seconds=_pdf_seconds(),
        heartbeats={part: age for part, (_count, age) in beats.items()},
        processes={part: count for part, (count, _age) in beats.items()},
    )


def _numbers() -> dict[str, int]:
    given: dict[str, int] = defaultdict(int)
    for name, value in db.session.execute(select(Counter.name, Counter.value)):
        series, _, _year = name.rpartition("-")
        if series:
            given[series] += value
    return given


def _payments() -> dict[str, int]:
    counted = db.session.execute(
        select(Payment.state, func.count()).where(Payment.state.in_(_UNDER_WAY)).group_by(Payment.state)
    )
    return {state.value: 0 for state in _UNDER_WAY} | {state.value: count for state, count in counted}


def _oldest_uncertain() -> dict[str, float]:
    oldest = db.session.execute(
        select(Payment.state, func.min(Payment.processing_at))
        .where(Payment.state.in_(_UNCERTAIN))
        .group_by(Payment.state)
    )
    return {state.value: 0.0 for state in _UNCERTAIN} | {state.value: _age(since) for state, since in oldest}


def _money_out(kind: MoneyMovement[Any]) -> tuple[float, int]:
    """The age of the oldest without outcome, and how many are in review."""
    rows, in_review = kind.model, kind.states.IN_REVIEW
    counted = db.session.execute(
        select(rows.state, func.count(), func.min(rows.processing_at))
        .where(rows.state.in_((*kind.unsettled, in_review)))
        .group_by(rows.state)
    )
    found = {state: (count, _age(since)) for state, count, since in counted}
    reviews, _oldest = found.pop(in_review, (0, 0.0))
    return max((age for _count, age in found.values()), default=0.0), reviews


def _silence(since: datetime | None) -> float:
    return math.inf if since is None else _age(since)


def _due() -> dict[str, tuple[int, float]]:
    rows = db.session.execute(
        select(OutboxRow.queue, func.count(), func.min(OutboxRow.due_at))
        .where(OutboxRow.state == OutboxState.PENDING, OutboxRow.due_at <= clock.now())
        .group_by(OutboxRow.queue)
    )
    return {queue: (count, _age(since)) for queue, count, since in rows}


def _failed() -> dict[str, int]:
    rows = db.session.execute(
        select(OutboxRow.queue, func.count()).where(OutboxRow.state == OutboxState.FAILED).group_by(OutboxRow.queue)
    )
    return {queue: count for queue, count in rows}  # noqa: C416  Rows are no pairs to dict()


def _mails() -> dict[str, int]:
    counted = db.session.execute(
        select(Message.state, func.count())
        .where(Message.state != MessageState.SENT, Message.reason.is_distinct_from(EXPIRED))
        .group_by(Message.state)
    )
    return {state.value: 0 for state in _UNSENT} | {state.value: count for state, count in counted}


def _mails_held() -> dict[str, int]:
    found = held_mail.held()
    return {why.value: found.get(why, 0) for why in (Undelivered.OURS, Undelivered.NO_ANSWER, Undelivered.REFUSED)}


def _pdf_seconds() -> list[float]:
    newest = select(Document.render_ms).order_by(Document.id.desc()).limit(_LAST_DOCUMENTS)
    return sorted(taken / 1000 for taken in db.session.scalars(newest) if taken is not None)


def _beats() -> dict[str, tuple[int, float]]:
    rows = db.session.execute(
        select(Heartbeat.part, func.count(), func.max(Heartbeat.seen_at)).group_by(Heartbeat.part)
    )
    return {part: (count, _age(seen)) for part, count, seen in rows}


def _age(since: datetime | None) -> float:
    return max(0.0, (clock.now() - since).total_seconds()) if since is not None else 0.0
