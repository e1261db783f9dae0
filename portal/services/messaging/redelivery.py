"""What was given up, owed again with what failed together with it: a mail with its documents, a document with its
mails."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.extensions import db
from portal.models import OutboxRow, OutboxState
from portal.models.messages import message_documents
from portal.services.messaging import outgoing
from portal.services.platform import outbox


def owe_again(row: OutboxRow, *, recipient: str | None = None) -> bool:
    """Owe a given-up job again, with what failed together with it, in the present transaction. A mail goes to its
    account's present address; with a `recipient` it goes there, and may have been delivered before. False when it is
    still to be done."""
    if not _requeue(row, recipient):
        return False
    for companion in _companions(row):
        _requeue(companion)
    return True


def _requeue(row: OutboxRow, recipient: str | None = None) -> bool:
    if not outbox.requeue(row.id, even_done=recipient is not None):
        return False
    if row.queue == "mail":
        outgoing.put_back(row.subject_id, recipient)
    return True


def _companions(row: OutboxRow) -> Sequence[OutboxRow]:
    """What failed together with `row`: a document and the mails that carry it."""
    if row.queue == "mail":
        own = select(message_documents.c.document_id).where(message_documents.c.message_id == row.subject_id)
        other = "documents"
    elif row.queue == "documents":
        own = select(message_documents.c.message_id).where(message_documents.c.document_id == row.subject_id)
        other = "mail"
    else:
        return ()
    return db.session.scalars(
        select(OutboxRow).where(
            OutboxRow.state == OutboxState.FAILED, OutboxRow.queue == other, OutboxRow.subject_id.in_(own)
        )
    ).all()
