"""Documents that are not made, counted for the staff's desk."""

from collections.abc import Sequence

from sqlalchemy import func, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import USUAL, Noun, Waiting
from portal.extensions import db
from portal.models import Document, OutboxRow, OutboxState
from portal.services.documents.kinds import KINDS

LOST_DOCUMENT = Noun("documento que no se pudo hacer", "documentos que no se pudieron hacer")
LATE_DOCUMENT = Noun("documento demorado", "documentos demorados")

_QUEUES = {kind.job.queue for kind in KINDS}


def documents(_actor: Actor) -> Sequence[Waiting]:
    """What was given up, and what is late. One query."""
    failed = OutboxRow.id.is_not(None).label("failed")
    rows = db.session.execute(
        select(failed, func.count(), func.min(Document.created_at))
        .select_from(Document)
        .outerjoin(
            OutboxRow,
            (OutboxRow.state == OutboxState.FAILED)
            & OutboxRow.queue.in_(_QUEUES)
            & (OutboxRow.subject_id == Document.id),
        )
        .where(Document.storage_key.is_(None), (Document.created_at < clock.now() - USUAL) | failed)
        .group_by(failed)
    )
    return [
        Waiting(LOST_DOCUMENT if lost else LATE_DOCUMENT, number, since, bool(lost)) for lost, number, since in rows
    ]
