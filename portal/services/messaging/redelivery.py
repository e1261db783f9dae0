"""Mail that was given up, owed again with what failed together with it."""

from sqlalchemy import select

from portal.domain import formats
from portal.domain.errors import NotAllowed
from portal.extensions import db
from portal.models import Document, Message
from portal.services.messaging import outgoing
from portal.services.platform import outbox


def send_again(message_id: int, *, recipient: str | None = None) -> bool:
    """Owe a given-up message again, with its documents that failed, in the present transaction. It goes to its
    account's present address; with a `recipient` it goes there, and may have been delivered before. False when it is
    still to be sent."""
    message = db.session.get_one(Message, message_id)
    if not _owe(message, recipient):
        return False
    for document in message.attachments:
        outbox.requeue(document.job_key)
    return True


def check_not_over(message_id: int) -> None:
    """Raise NotAllowed when nobody can do any more what the message asks for."""
    message = db.session.get_one(Message, message_id)
    if message.expires_at is not None and outgoing.is_over(message):
        ended = formats.moment(message.expires_at)
        raise NotAllowed(f"Lo que pide este correo dejó de valer el {ended}: ya no se envía otra vez.")


def send_what_carries(document: Document) -> None:
    """Owe the given-up messages again that carry `document`, in the present transaction."""
    for message in db.session.scalars(select(Message).where(Message.attachments.any(Document.id == document.id))):
        _owe(message)


def _owe(message: Message, recipient: str | None = None) -> bool:
    if not outbox.requeue(outgoing.job_key(message), even_done=recipient is not None):
        return False
    outgoing.put_back(message.id, recipient)
    return True
