"""A stored message handed to the mail server: from its row alone, as often as it takes, and not once it is too late."""

from collections.abc import Sequence
from datetime import timedelta

from markupsafe import escape
from sqlalchemy import select

from portal.domain import clock
from portal.domain.message import EXPIRED, MessageState
from portal.extensions import db
from portal.integrations import mail_message, smtp
from portal.integrations.stores import store_of
from portal.models import Message
from portal.models.transaction import end_reading, writing
from portal.services.messaging import mails, outgoing, policy_delivery, return_path
from portal.services.messaging.rendering import SECRET_MARK
from portal.services.platform import outbox
from portal.services.platform.encryption import unseal
from portal.settings import current_settings

_TRIES_OF_A_SECRET = 10  # at least, while it lives: a code of ten minutes is tried each minute


def send(message_id: int, outbox_id: int) -> None:
    """Send the stored message (the worker's job), unless what it asks for has ended. At least once; a duplicate after a
    crash is the same bytes."""
    with writing() as session:
        message = session.get_one(Message, message_id)
        if message.state in (MessageState.SENT, MessageState.FAILED):
            outbox.done(outbox_id)
            return
        if outgoing.is_over(message):
            not_delivered(message_id, EXPIRED)
            _let_others_go(message, outbox_id)
            return
        unready = [document for document in message.attachments if not document.is_ready]
        if any(outbox.has_failed(document.job_key) for document in unready):
            raise outbox.PermanentFailure("its document could not be made")
        if unready or any(other.id < message.id for other in _unsent_beside(message)):
            raise outbox.RetryLater(clock.now() + outgoing.DOCUMENT_PATIENCE)
        if message.state is MessageState.QUEUED:
            _date(message)
        message.move_to(MessageState.SENDING)
    raw = _compose(message)
    return_address = return_path.of(message)
    end_reading()
    try:
        smtp.deliver(raw, return_address, message.recipient)
    except smtp.TemporaryFailure as failure:
        raise outbox.RetryableFailure(str(failure), longest_pause=_longest_pause(message)) from failure
    except smtp.Refused as failure:
        raise outbox.PermanentFailure(str(failure)) from failure
    with writing() as session:
        message = session.get_one(Message, message_id)
        message.move_to(MessageState.SENT)
        message.sent_at = clock.now()
        message.secret = None
        policy_delivery.proved(message)
        _let_others_go(message, outbox_id)


def _unsent_beside(message: Message) -> Sequence[Message]:
    """For a mail that keeps its order: those about the same purchase, which keep it too, that are still to leave."""
    if message.kind not in mails.IN_ORDER:
        return []
    unsent = Message.state.in_((MessageState.QUEUED, MessageState.SENDING))
    beside = select(Message).where(Message.purchase_id == message.purchase_id, Message.kind.in_(mails.IN_ORDER), unsent)
    return db.session.scalars(beside).all()


def not_delivered(message_id: int, reason: str) -> None:
    """Say on the row that the message did not arrive, in the present transaction."""
    message = db.session.get_one(Message, message_id)
    message.move_to(MessageState.FAILED)
    message.reason = reason[:200]
    message.secret = None


def _date(message: Message) -> None:
    """Give the message its Date; sent anew, also another Message-ID: under the first ones programs hide what they know,
    and filters refuse what is old."""
    if message.dated_at is not None:
        message.first_rfc_message_id = message.first_rfc_message_id or message.rfc_message_id
        message.rfc_message_id = outgoing.new_message_id()
    message.dated_at = clock.now()


def _longest_pause(message: Message) -> timedelta | None:
    """Between two tries of a mail with a secret, so that it is tried often enough while that lives."""
    if message.secret is None or message.expires_at is None:
        return None
    return (message.expires_at - message.queued_at) / _TRIES_OF_A_SECRET


def _let_others_go(message: Message, outbox_id: int) -> None:
    """The message needs no more work: those that waited for it are due, in the present transaction."""
    outbox.done(outbox_id)
    for other in _unsent_beside(message):
        outbox.make_due(outgoing.job_key(other))


def _compose(message: Message) -> bytes:
    settings = current_settings()
    secret = unseal(message.secret) if message.secret else SECRET_MARK
    storage = store_of(settings)
    return mail_message.compose(
        message_id=message.rfc_message_id,
        request_id=message.request_id,
        first_message_id=message.first_rfc_message_id,
        date=message.dated_at or message.queued_at,
        subject=message.subject.replace(SECRET_MARK, secret),
        sender=settings.mail_default_sender,
        reply_to=settings.mail_reply_to,
        recipient=message.recipient,
        text=message.text_body.replace(SECRET_MARK, secret),
        html=message.html_body.replace(SECRET_MARK, escape(secret)),
        attachments=[
            mail_message.Attachment(
                document.filename, _type_of(document.filename), storage.get(str(document.storage_key))
            )
            for document in message.attachments
        ],
    )


def _type_of(filename: str) -> str:
    return "text/csv" if filename.endswith(".csv") else "application/pdf"
