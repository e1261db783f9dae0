"""Mail: a stored row first, sent by a worker from the row alone."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from markupsafe import escape
from sqlalchemy import ColumnElement, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.domain.message import MessageState
from portal.extensions import db
from portal.integrations import mail_message, smtp
from portal.integrations.storage import FolderStorage
from portal.logs import request_id
from portal.models import Account, Document, Message, Policy, Purchase, Quote
from portal.models.transaction import end_reading, writing
from portal.services.messaging import mails, rendering
from portal.services.messaging.mails.mail import Mail, SecretMail
from portal.services.messaging.rendering import SECRET_MARK
from portal.services.platform import outbox
from portal.services.platform.encryption import seal, unseal
from portal.settings import current_settings

SEND = outbox.Job("mail", "workers.mail.send")
_DOCUMENT_PATIENCE = timedelta(seconds=30)


def queue(
    mail: Mail,
    *,
    to: str,
    account: Account | None,
    attachments: Sequence[Document] = (),
    quote: Quote | None = None,
    purchase: Purchase | None = None,
    policy: Policy | None = None,
) -> Message:
    """Write the mail to the address `to` in the present transaction; it leaves after the commit.

    `account` is its receiver's, who finds it in "Mis Comunicaciones". With an attachment still to be rendered it waits
    for it.
    """
    written = rendering.write(mail, account)
    message = Message(
        account_id=account.id if account else None,
        kind=mail.kind,
        quote_id=quote.id if quote else None,
        purchase_id=purchase.id if purchase else None,
        policy_id=policy.id if policy else None,
        recipient=to,
        rfc_message_id=f"<{secrets.token_hex(16)}@{_host()}>",
        subject=written.subject,
        text_body=written.text,
        html_body=written.html,
        secret=seal(mail.secret) if isinstance(mail, SecretMail) else None,
        request_id=request_id(),
        attachments=list(attachments),
    )
    db.session.add(message)
    db.session.flush()
    waits = any(not document.is_ready for document in attachments)
    SEND.owe(message.id, key=job_key(message), due_at=clock.now() + _DOCUMENT_PATIENCE if waits else None)
    return message


def queue_for_buyer(
    mail: Mail, purchase: Purchase, *, policy: Policy | None = None, attachments: Sequence[Document] = ()
) -> Message:
    """As `queue`: a mail about a purchase, to whoever buys."""
    return queue(
        mail,
        to=purchase.account.email,
        account=purchase.account,
        attachments=attachments,
        quote=purchase.quote,
        purchase=purchase,
        policy=policy,
    )


def send(message_id: int, outbox_id: int) -> None:
    """Send the stored message (the worker's job). At least once; a duplicate after a crash is the same bytes."""
    with writing() as session:
        message = session.get_one(Message, message_id)
        if message.state is MessageState.SENT:
            outbox.done(outbox_id)
            return
        unready = [document for document in message.attachments if not document.is_ready]
        if any(outbox.has_failed(document.job_key) for document in unready):
            raise outbox.PermanentFailure("its document could not be made")
        if unready or any(other.id < message.id for other in _unsent_beside(message)):
            raise outbox.RetryLater(clock.now() + _DOCUMENT_PATIENCE)
        message.move_to(MessageState.SENDING)
    raw = _compose(message)
    settings = current_settings()
    end_reading()
    try:
        smtp.deliver(raw, settings.mail_default_sender, message.recipient)
    except smtp.TemporaryFailure as failure:
        raise outbox.RetryableFailure(str(failure)) from failure
    except smtp.Refused as failure:
        raise outbox.PermanentFailure(str(failure)) from failure
    with writing() as session:
        message = session.get_one(Message, message_id)
        message.move_to(MessageState.SENT)
        message.sent_at = clock.now()
        message.secret = None
        outbox.done(outbox_id)
        for other in _unsent_beside(message):
            outbox.make_due(job_key(other))


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


def lost_its_secret() -> ColumnElement[bool]:
    """That a message carried a secret, which is erased by now: it can't be sent as it was."""
    return Message.secret.is_(None) & Message.text_body.contains(SECRET_MARK)


def has_lost_its_secret(message_id: int) -> bool:
    """Whether this one did."""
    return db.session.scalar(select(lost_its_secret()).where(Message.id == message_id)) is True


def put_back(message_id: int, recipient: str | None = None) -> None:
    """Queue a message again, to `recipient` or else its account's present address, in the present transaction."""
    message = db.session.get_one(Message, message_id)
    message.move_to(MessageState.QUEUED)
    message.reason = message.sent_at = None
    if recipient is None and message.account_id is not None:
        recipient = db.session.get_one(Account, message.account_id).email
    if recipient is not None and recipient != message.recipient:
        message.first_recipient = message.first_recipient or message.recipient
        message.recipient = recipient


def document_ready(document: Document) -> None:
    """Make the messages due that waited for `document`, in the present transaction."""
    for message in db.session.scalars(select(Message).where(Message.attachments.any(Document.id == document.id))):
        if message.state is MessageState.QUEUED and all(one.is_ready for one in message.attachments):
            outbox.make_due(job_key(message))


def get(message_id: int, actor: Actor) -> Message:
    """One of the actor's own messages. Raises NotFound."""
    message = db.session.get(Message, message_id)
    if message is None or actor.account_id is None or message.account_id != actor.account_id:
        raise NotFound
    return message


def _compose(message: Message) -> bytes:
    settings = current_settings()
    secret = unseal(message.secret) if message.secret else SECRET_MARK
    storage = FolderStorage(settings.storage_folder)
    return mail_message.compose(
        message_id=message.rfc_message_id,
        request_id=message.request_id,
        date=message.queued_at,
        subject=message.subject,
        sender=settings.mail_default_sender,
        reply_to=settings.mail_reply_to,
        recipient=message.recipient,
        text=message.text_body.replace(SECRET_MARK, secret),
        html=message.html_body.replace(SECRET_MARK, escape(secret)),
        attachments=[
            mail_message.Attachment(document.filename, "application/pdf", storage.get(str(document.storage_key)))
            for document in message.attachments
        ],
    )


def job_key(message: Message) -> str:
    """The outbox row that owes its delivery."""
    return f"mail:{message.id}"


def _host() -> str:
    return urlsplit(current_settings().base_url).hostname or ""
