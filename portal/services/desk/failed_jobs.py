"""What was given up: listed in words, and tried again when somebody of the staff says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, union_all

from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.domain.message import is_ours_to_mend
from portal.extensions import db
from portal.models import OutboxRow, OutboxState
from portal.models.transaction import writing
from portal.services.desk.background import FAMILIES
from portal.services.messaging.jobs import MAIL
from portal.services.platform import audit

_MOST = 100
_BY_QUEUE = {family.job.queue: family for family in FAMILIES}


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that was given up: what it was, whose (a number that the desk can search where there is one, never a
    name), why in words, and how often it was tried. `obstacle`: why it can't be tried again, when it can't. `is_held`:
    a mail that goes out with all others once a failure of ours is mended. `leads_to_customer`: a mail of theirs."""

    id: int
    what: str
    whose: str
    why: str
    since: datetime
    tries: int
    obstacle: str | None = None
    is_held: bool = False
    leads_to_customer: bool = False


def failed() -> Sequence[Failed]:
    """What was given up, the oldest first. One query, whatever families there are."""
    oldest = select(OutboxRow.id).where(OutboxRow.state == OutboxState.FAILED).order_by(OutboxRow.id).limit(_MOST).cte()
    lines = union_all(
        *(
            family.line.where(OutboxRow.queue == queue, OutboxRow.id.in_(select(oldest.c.id)))
            for queue, family in _BY_QUEUE.items()
        )
    ).subquery()
    rows = db.session.execute(
        select(OutboxRow, lines.c.what, lines.c.whose, lines.c.obstacle, lines.c.customer)
        .join(lines, lines.c.id == OutboxRow.id)
        .order_by(OutboxRow.id)
    )
    return [
        Failed(
            id=row.id,
            what=what,
            whose=whose,
            why=_BY_QUEUE[row.queue].why(row.last_error),
            since=row.created_at,
            tries=row.attempts,
            obstacle=obstacle,
            leads_to_customer=bool(leads),
            is_held=row.queue == MAIL.job.queue and obstacle is None and is_ours_to_mend(row.last_error),
        )
        for row, what, whose, obstacle, leads in rows
    ]


def retry(outbox_id: int, actor: Actor) -> bool:
    """Owe a job again that was given up, with what it needs or what waits for it: a mail with its documents, a
    document with its mails. False when somebody did so before. Raises NotFound, and NotAllowed when it can't be."""
    with writing():
        row = db.session.get(OutboxRow, outbox_id)
        if row is None or row.queue not in _BY_QUEUE:
            raise NotFound
        if not _BY_QUEUE[row.queue].owe_again(row.subject_id):
            return False
        audit.record(actor, "job.retry", row.dedupe_key)
    return True
