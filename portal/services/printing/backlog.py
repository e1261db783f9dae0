"""Documents that are not made, counted for the staff's desk."""

from collections.abc import Sequence

from sqlalchemy import case, func, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import USUAL, Noun, Waiting
from portal.models import Document, OutboxRow, OutboxState
from portal.services.documents.kinds import KINDS
from portal.services.platform.pending import Found, Grouped

LOST_DOCUMENT = Noun("documento que no se pudo hacer", "documentos que no se pudieron hacer")
LATE_DOCUMENT = Noun("documento demorado", "documentos demorados")

_QUEUES = {kind.job.queue for kind in KINDS}


def documents(_actor: Actor) -> Grouped:
    """What was given up, and what is late."""
    failed = OutboxRow.id.is_not(None)
    mark = case((failed, LOST_DOCUMENT.one), else_=LATE_DOCUMENT.one).label("mark")
    query = (
        select(mark, func.count().label("number"), func.min(Document.created_at).label("since"))
        .select_from(Document)
        .outerjoin(
            OutboxRow,
            (OutboxRow.state == OutboxState.FAILED)
            & OutboxRow.queue.in_(_QUEUES)
            & (OutboxRow.subject_id == Document.id),
        )
        .where(Document.storage_key.is_(None), (Document.created_at < clock.now() - USUAL) | failed)
        .group_by(mark)
    )
    return Grouped(query, _read)


def _read(rows: Sequence[Found]) -> Sequence[Waiting]:
    nouns = {noun.one: noun for noun in (LOST_DOCUMENT, LATE_DOCUMENT)}
    return [Waiting(nouns[mark], number, since, nouns[mark] is LOST_DOCUMENT) for mark, number, since in rows]
