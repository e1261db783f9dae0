"""A message that did not arrive, sent again to the address that its owner gives (B09): the same words and documents,
under a Date and Message-ID of now."""

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.identity import likely_email, parse_email
from portal.domain.message import MessageState
from portal.extensions import db
from portal.models import Account, Message, Policy, Quote
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.messaging import mails, outgoing, redelivery
from portal.services.messaging.mails.account import MessageRedirected
from portal.services.platform import audit


class ProbablyMistyped(DomainError):
    """The address looks like a slip of another; it is taken when its owner says that it is right."""


def send_to(message_id: int, typed: str, actor: Actor, *, shown: str, is_sure: bool) -> str:
    """Send one of the actor's own messages again, to the address `typed`; the address.

    `shown` is where it had gone when the actor decided: pressed twice, or in two windows, it leaves once. The
    account's own address stays, and is told, unless it is the one that failed. Raises DomainError (for the
    address itself on the field `correo`), ProbablyMistyped unless `is_sure`, NotAllowed for a message whose secret is
    erased or whose call to do something has ended, NotFound.
    """
    address = parse_email(typed)
    if not is_sure and likely_email(address):
        raise ProbablyMistyped("Revise esta dirección: puede tener un error.", "correo")
    with writing() as session:
        message = outgoing.get(message_id, actor)
        session.refresh(message, with_for_update=NOT_THE_KEY)
        if outgoing.has_lost_its_secret(message.id):
            raise NotAllowed("El código de este mensaje ya se borró: pida uno nuevo.")
        redelivery.check_not_over(message.id)
        has_failed = message.state is MessageState.FAILED
        if message.recipient == address and not has_failed:
            return address
        if message.recipient != shown or not (has_failed or message.state is MessageState.SENT):
            raise DomainError(f"Este mensaje ya se envió otra vez, a {message.recipient}.")
        if not has_failed and mails.is_private(message.kind):
            raise NotAllowed("Este aviso de su cuenta ya llegó, y es solo para usted.")
        failed_address = message.recipient if has_failed else None
        redelivery.send_again(message.id, recipient=address)
        _tell_account(message, failed_address)
        audit.record(actor, "message.redirect", _subject(message), message=message.id)
    return address


def _tell_account(message: Message, failed_address: str | None) -> None:
    """Somebody else may be using the account: whoever reads its mail hears that a message went elsewhere."""
    account = db.session.get_one(Account, message.account_id)
    if account.email not in (message.recipient, failed_address):
        mail = MessageRedirected(
            what=mails.words_of(message.kind),
            title=message.subject,
            address=message.recipient,
            redirected_at=clock.now(),
        )
        outgoing.queue(mail, to=account.email, account=account)


def _subject(message: Message) -> str:
    """The number that its story is told under."""
    if message.policy_id is not None:
        return db.session.get_one(Policy, message.policy_id).number
    if message.quote_id is not None:
        return db.session.get_one(Quote, message.quote_id).number
    return f"message:{message.id}"
