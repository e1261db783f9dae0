"""Mail: a stored row first, sent by a worker from the row alone."""

import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, bindparam, or_, select, update

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.domain.message import MessageState
from portal.extensions import db
from portal.logs import request_id
from portal.models import Account, Claim, ClaimParty, Document, Message, Notice, Policy, Purchase, Quote
from portal.models.types import UtcDateTime
from portal.services.messaging import rendering
from portal.services.messaging.mails.mail import Mail, SecretMail
from portal.services.messaging.rendering import SECRET_MARK
from portal.services.platform import outbox
from portal.services.platform.encryption import seal
from portal.settings import current_settings

SEND = outbox.Job("mail", "workers.mail.send")
DOCUMENT_PATIENCE = timedelta(seconds=30)  # until a mail asks again whether its document is there


def queue(
    mail: Mail,
    *,
    to: str,
    account: Account | None,
    attachments: Sequence[Document] = (),
    quote: Quote | None = None,
    purchase: Purchase | None = None,
    policy: Policy | None = None,
    claim: Claim | None = None,
    notice: Notice | None = None,
) -> Message:
    """Write the mail to the address `to` in the present transaction; it leaves after the commit.

    `account` is its receiver's, who finds it in "Mis Comunicaciones". With an attachment still to be rendered it waits
    for it. What an older mail asked for, and this one ends, is sent no more.
    """
    written = rendering.write(mail, account)
    _end_older(mail, to, purchase, policy, claim)
    message = Message(
        account_id=account.id if account else None,
        kind=mail.kind,
        quote_id=quote.id if quote else None,
        purchase_id=purchase.id if purchase else None,
        policy_id=policy.id if policy else None,
        claim_id=claim.id if claim else None,
        notice_id=notice.id if notice else None,
        recipient=to,
        rfc_message_id=new_message_id(),
        subject=written.subject,
        text_body=written.text,
        html_body=written.html,
        secret=seal(mail.secret) if isinstance(mail, SecretMail) else None,
        secret_for=mail.secret_for if isinstance(mail, SecretMail) else None,
        expires_at=mail.expires_at,
        request_id=request_id(),
        attachments=list(attachments),
    )
    db.session.add(message)
    db.session.flush()
    waits = any(not document.is_ready for document in attachments)
    SEND.owe(message.id, key=job_key(message), due_at=clock.now() + DOCUMENT_PATIENCE if waits else None)
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


def queue_for_party(mail: Mail, party: ClaimParty, *, attachments: Sequence[Document] = ()) -> Message | None:
    """As `queue`: a mail about a claim, to who is paid, or to who acts for a minor. None where no address of theirs is
    known: the desk reaches them otherwise."""
    reader = party.represented_by or party
    account = db.session.get(Account, reader.account_id) if reader.account_id else None
    to = account.email if account else reader.email
    if not to:
        return None
    return queue(mail, to=to, account=account, attachments=attachments, claim=party.claim)


def end_secret(secret_for: str) -> None:
    """A newer secret takes the place of that one: a mail that still carries it is sent no more, in the present
    transaction."""
    _end(Message.secret.is_not(None), Message.secret_for == secret_for)


def _end_older(mail: Mail, to: str, purchase: Purchase | None, policy: Policy | None, claim: Claim | None) -> None:
    """Let the older mails end that this one takes the place of, in the present transaction."""
    if mail.ends and purchase is not None:
        _end(Message.kind.in_(mail.ends), Message.purchase_id == purchase.id)
    if mail.ends and policy is not None:
        _end(Message.kind.in_(mail.ends), Message.policy_id == policy.id)
    if mail.ends and claim is not None:  # of several people of a claim each has mails of their own
        _end(Message.kind.in_(mail.ends), Message.claim_id == claim.id, Message.recipient == to)


def end_calls(kinds: Collection[str], messages: ColumnElement[bool]) -> None:
    """Let what mails of these kinds ask for end, of that condition, in the present transaction: what is still queued is
    not sent."""
    _end(Message.kind.in_(kinds), messages)


def _end(*older: ColumnElement[bool]) -> None:
    moment = clock.now()
    lives = or_(Message.expires_at.is_(None), Message.expires_at > moment)
    db.session.execute(update(Message).where(*older, lives).values(expires_at=moment))


def is_over(message: Message) -> bool:
    """Whether nobody can do any more what the message asks for."""
    return message.expires_at is not None and message.expires_at <= clock.now()


def lost_its_secret() -> ColumnElement[bool]:
    """That a message carried a secret, which is erased by now: it can't be sent as it was."""
    return Message.secret.is_(None) & Message.text_body.contains(SECRET_MARK)


def has_ended() -> ColumnElement[bool]:
    """That nobody can do any more what a message asks for, when the query runs: it is not sent again."""
    moment = bindparam(None, callable_=clock.now, type_=UtcDateTime, unique=True)
    return Message.expires_at.is_not(None) & (Message.expires_at <= moment)


def has_lost_its_secret(message_id: int) -> bool:
    """Whether this one did."""
    return db.session.scalar(select(lost_its_secret()).where(Message.id == message_id)) is True


def put_back(message_id: int, recipient: str | None = None) -> None:
    """Queue a message again, to `recipient` or else its account's present address, in the present transaction."""
    message = db.session.get_one(Message, message_id)
    message.move_to(MessageState.QUEUED)
    message.dated_at = message.dated_at or message.queued_at
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


def job_key(message: Message) -> str:
    """The outbox row that owes its delivery."""
    return f"mail:{message.id}"


def new_message_id() -> str:
    """A Message-ID at the portal's own host."""
    return f"<{secrets.token_hex(16)}@{urlsplit(current_settings().base_url).hostname or ''}>"
