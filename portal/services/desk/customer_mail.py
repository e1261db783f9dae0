"""What a customer was mailed, as the desk reads it, and sends again where it did not arrive (B09)."""

from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotFound
from portal.extensions import db
from portal.models import Account, Message, OutboxRow
from portal.models.transaction import writing
from portal.services.controls import access_log, conflicts_of_interest
from portal.services.desk import customers
from portal.services.messaging import inbox, outgoing
from portal.services.messaging.jobs import MAIL
from portal.services.platform import audit


def read(account_id: int, message_id: int, actor: Actor) -> tuple[customers.Customer, inbox.Letter]:
    """A customer for whom the actor searched lately, and one of their messages, to read: what the staff may read of it
    says what a policy says, and so each is recorded, once a working day. Raises as `customers.get`."""
    customer, letter = _get(account_id, message_id, actor)
    if letter.is_for_the_desk:
        access_log.note_mail(actor, message_id)
    return customer, letter


def follow(job_id: int, actor: Actor) -> tuple[int, int]:
    """The account and the message of a mail in the desk's queue: from now on the actor may read its customer, which is
    recorded as a search is. Raises NotFound for a mail of nobody's account, HasPart."""
    row = db.session.execute(
        select(Account.id, Message.id)
        .select_from(Message)
        .join(OutboxRow, OutboxRow.subject_id == Message.id)
        .join(Account, Account.id == Message.account_id)
        .where(OutboxRow.id == job_id, OutboxRow.queue == outgoing.SEND.queue, Account.is_staff.is_(False))
    ).one_or_none()
    if row is None:
        raise NotFound("Ese correo no es de ningún cliente.")
    account_id, message_id = row
    with writing() as session:
        if session.scalar(select(conflicts_of_interest.in_customer(account_id, actor))):
            raise conflicts_of_interest.HasPart(conflicts_of_interest.OWN)
        access_log.note(actor, access_log.CUSTOMER, account_id, by="correo")
    return account_id, message_id


def send_again(account_id: int, message_id: int, actor: Actor) -> str:
    """Owe a message again that did not arrive, to the account's present address: that address. Raises as `read`,
    NotAllowed for one that can't be sent any more, DomainError when it is on its way already."""
    customer, _letter = _get(account_id, message_id, actor)
    with writing():
        if not MAIL.owe_again(message_id):
            raise DomainError("Este correo ya está en camino.")
        audit.record(actor, "job.retry", f"mail:{message_id}")
    return customer.account.email


def _get(account_id: int, message_id: int, actor: Actor) -> tuple[customers.Customer, inbox.Letter]:
    return customers.get(account_id, actor), inbox.letter_of(account_id, message_id)
