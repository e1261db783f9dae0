"""Mail that a failure of ours, or of our own mail server, holds back: counted for the alarm, and sent all at once when
it is mended."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import ColumnElement, Select, func, or_, select, update

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.message import Undelivered, is_ours_to_mend, why_undelivered
from portal.extensions import db
from portal.models import Message, OutboxRow, OutboxState
from portal.models.transaction import end_reading, writing
from portal.services.messaging import outgoing, redelivery
from portal.services.platform import audit

_AT_ONCE = 200  # of a transaction


def held() -> Mapping[Undelivered, int]:
    """How many mails failed in their last try, by why: those that are tried again, and those that were given up and can
    be sent. One query."""
    found: Counter[Undelivered] = Counter()
    for reason, count in _reasons():
        if is_ours_to_mend(reason):
            found[why_undelivered(reason)] += count
    return found


def send_all(actor: Actor) -> int:
    """Owe all of them again from now, whatever pause they were in. How many; pressed twice, the second time none."""
    ours = [reason for reason, _count in _reasons() if is_ours_to_mend(reason)]
    end_reading()
    sent, last = 0, 0
    while ours:
        with writing() as session:
            held = _held(OutboxRow.last_error.in_(ours), OutboxRow.id > last).order_by(OutboxRow.id).limit(_AT_ONCE)
            rows = session.execute(held).all()
            if not rows:
                break
            last = rows[-1].id
            sent += sum(redelivery.send_again(row.subject_id) for row in rows if row.state is OutboxState.FAILED)
            sent += _hurry([row.id for row in rows if row.state is OutboxState.PENDING])
            audit.record(actor, "job.retry_mail", "mail", jobs=[row.id for row in rows])
    return sent


def _reasons() -> list[tuple[str, int]]:
    reason = OutboxRow.last_error
    grouped = _held().with_only_columns(reason, func.count()).group_by(reason)
    return [(str(words), count) for words, count in db.session.execute(grouped)]


def _held(*conditions: ColumnElement[bool]) -> Select[int, int, OutboxState]:
    """Jobs of mail whose last try failed, but those that nobody can send any more."""
    return (
        select(OutboxRow.id, OutboxRow.subject_id, OutboxRow.state)
        .join(Message, Message.id == OutboxRow.subject_id)
        .where(
            OutboxRow.queue == outgoing.SEND.queue,
            OutboxRow.last_error.is_not(None),
            or_(
                OutboxRow.state == OutboxState.PENDING,
                (OutboxRow.state == OutboxState.FAILED) & ~outgoing.lost_its_secret() & ~outgoing.has_ended(),
            ),
            *conditions,
        )
    )


def _hurry(waiting: list[int]) -> int:
    """Those that wait for their next try need not wait any longer."""
    moment = clock.now()
    hurried = db.session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.id.in_(waiting),
            OutboxRow.state == OutboxState.PENDING,
            OutboxRow.due_at > moment,
            or_(OutboxRow.locked_until.is_(None), OutboxRow.locked_until <= moment),
        )
        .values(due_at=moment, rung_until=None)
        .returning(OutboxRow.id)
    )
    return len(hurried.all())
