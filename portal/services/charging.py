"""A charge: sent to the bank outside any transaction, settled by compare-and-swap, and asked about until it is known.

Source: guarantees.md, section 1.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, or_, select

from portal.domain import clock
from portal.domain.actor import SYSTEM, Actor
from portal.domain.payment import PaymentState, decline_advice, decline_reason
from portal.domain.purchase import PurchaseState
from portal.extensions import db
from portal.integrations.bank import Approved, Declined, NeverReceived, NotSent, Outcome
from portal.models import Payment
from portal.models.transaction import end_reading, writing
from portal.services import audit, issuing, messages, outbox, quoting
from portal.services.banking import bank

log = structlog.get_logger(__name__)

_BANK_KEEPS_KEYS = timedelta(hours=24)
_SETTLE = timedelta(seconds=300)  # a 404 younger than this may be a charge still on its way
_OVERDUE = timedelta(seconds=60)
_RETRY_UNREACHABLE = timedelta(seconds=10)


def charge(payment_id: int, outbox_id: int) -> None:
    """Charge the account, outside any transaction (the worker's job). A second run never charges again: it asks."""
    with writing() as session:
        payment = session.get_one(Payment, payment_id)
        if payment.state is not PaymentState.PROCESSING:
            outbox.done(outbox_id)
            return
        already_sent = payment.sent_at is not None
        if not already_sent:
            payment.sent_at = payment.last_sent_at = clock.now()
    if already_sent:
        reconcile(payment_id, outbox_id)
        return
    outcome = _send(payment)
    if outcome == NotSent("unreachable"):
        _wait_for_the_bank(payment_id)
        outcome = NotSent("token_expired")
    settle(payment_id, outcome, outbox_id)


def reconcile(payment_id: int, outbox_id: int | None = None) -> None:
    """Ask the bank by key what became of a payment, and settle it.

    "Never received" counts only when the last sending would long have arrived. Then it is sent once more with the
    same key, while the account's token lives; else nothing was charged.
    """
    payment = db.session.get_one(Payment, payment_id)
    if payment.state not in (PaymentState.PROCESSING, PaymentState.UNKNOWN):
        return
    if payment.sent_at is None:
        # Not sent yet, and no worker came: the job itself, under its lease.
        outbox.perform_now(job_key(payment_id), charge)
        return
    key, amount, number = str(payment.idempotency_key), payment.amount, payment.number
    last_sent_at = payment.last_sent_at or payment.sent_at
    age, quiet = clock.now() - payment.sent_at, clock.now() - last_sent_at
    was_repeated = last_sent_at != payment.sent_at
    end_reading()  # after the values are read: reading one again would begin another transaction
    outcome = bank().find_charge(key, amount, number)
    if age >= _BANK_KEEPS_KEYS and not isinstance(outcome, Approved | Declined):
        _review(payment_id)
        return
    if isinstance(outcome, NeverReceived) and quiet >= _SETTLE:
        if not was_repeated and _token_lives(payment):
            if not _note_repeat(payment_id, last_sent_at):
                return  # somebody else is sending it
            outcome = _send(payment)
        else:
            outcome = NotSent("token_expired")
    settle(payment_id, outcome, outbox_id)


def overdue() -> list[int]:
    """Payments whose outcome must be asked for: in process for over 60 s, or unknown."""
    long_ago = Payment.processing_at < clock.now() - _OVERDUE
    return list(
        db.session.scalars(
            select(Payment.id).where(
                or_(
                    Payment.state == PaymentState.UNKNOWN,
                    and_(Payment.state == PaymentState.PROCESSING, long_ago),
                )
            )
        )
    )



def conclude(payment: Payment, outcome: Approved | Declined, actor: Actor) -> None:
    """End a payment as the bank said, and do all that follows from it, in the present transaction: the policy or the
    way back to paying, the mail, and the audit row of `actor`, last."""
    if isinstance(outcome, Approved):
        _approved(payment, outcome, actor)
    else:
        _declined(payment, outcome, actor)








def _wait_for_the_bank(payment_id: int) -> None:
    """Nothing left this machine, so nothing was sent: try again soon, as long as the token lives."""
    with writing() as session:
        payment = session.get_one(Payment, payment_id)
        if not _token_lives(payment):
            return
        payment.sent_at = payment.last_sent_at = None
    raise outbox.Later(clock.now() + _RETRY_UNREACHABLE)


def _note_repeat(payment_id: int, last_sent_at: datetime) -> bool:
    """Say on the row that it is sent once more, before it is. False when it changed since it was last sent then."""
    with writing() as session:
        payment = session.get_one(Payment, payment_id)
        if (payment.last_sent_at or payment.sent_at) != last_sent_at:
            return False
        payment.last_sent_at = clock.now()
    return True


def job_key(payment_id: int) -> str:
    """The outbox row that owes the charge."""
    return f"charge:{payment_id}"


def _token_lives(payment: Payment) -> bool:
    return payment.token_until is not None and clock.now() < payment.token_until


def _send(payment: Payment) -> Outcome:
    order = str(payment.account_token), payment.amount, payment.number, str(payment.idempotency_key)
    end_reading()
    return bank().charge(*order)
