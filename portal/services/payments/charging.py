"""A charge: sent to the bank outside any transaction, and asked about until it is known.

Source: docs/rules.md, Money moves once. What follows from the bank's answer is in settling.py.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, literal, or_, select

from portal.domain import clock
from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.integrations.bank import Approved, Declined, NeverReceived, NotSent, Outcome, Unknown
from portal.models import OutboxRow, Payment
from portal.models.transaction import end_reading, writing
from portal.services.payments import settling
from portal.services.payments.bank import bank
from portal.services.platform import outbox
from portal.services.platform.job_families import JobFamily, Part, desk_line
from portal.settings import current_settings

log = structlog.get_logger(__name__)

_CHARGE = outbox.Job("charges", "workers.charges.charge")
_BANK_KEEPS_KEYS = timedelta(hours=24)
_OVERDUE = timedelta(seconds=60)
_EXCHANGE = timedelta(seconds=15)  # a sending younger than this may still be waiting for its answer
_RETRY_UNREACHABLE = timedelta(seconds=10)
_CLOCKS_DIFFER = timedelta(seconds=60)  # the bank's token may outlive ours by this


def charge(payment_id: int, outbox_id: int) -> None:
    """Charge the account, outside any transaction (the worker's job). A second run never charges again: it asks."""
    with writing() as session:
        payment = session.get_one(Payment, payment_id)
        if payment.state is not PaymentState.PROCESSING:
            outbox.done(outbox_id)
            return
        already_sent, token_lives = payment.sent_at is not None, _token_lives(payment)
        if token_lives and not already_sent:
            payment.sent_at = payment.last_sent_at = clock.now()
    if already_sent:
        reconcile(payment_id, outbox_id)
        return
    outcome = _send(payment) if token_lives else NotSent("token_expired")
    if outcome == NotSent("unreachable"):
        _wait_for_the_bank(payment_id)
    settling.settle(payment_id, outcome, outbox_id)


def reconcile(payment_id: int, outbox_id: int | None = None) -> None:
    """Ask the bank by key what became of a payment, and settle it. `outbox_id`: of the charge, by whoever holds it.

    "Never received" counts only when the last sending would long have arrived. Then it is sent once more with the
    same key while the account's token lives; once that is dead, nothing was charged, nor can be.
    """
    payment = db.session.get_one(Payment, payment_id)
    if payment.state not in settling.UNSETTLED:
        return
    if payment.sent_at is None:
        _see_to_the_first_sending(payment)
        return
    approval = settling.kept_approval(payment)
    if approval is not None:
        settling.settle(payment_id, approval, outbox_id)
        return
    key, amount, number = str(payment.idempotency_key), payment.amount, payment.number
    last_sent_at = payment.last_sent_at or payment.sent_at
    age, quiet = clock.now() - payment.sent_at, clock.now() - last_sent_at
    if payment.state is PaymentState.PROCESSING and outbox_id is None and quiet < _EXCHANGE:
        return  # a worker that came late has just sent it
    end_reading()  # after the values are read: reading one again would begin another transaction
    outcome = bank().find_charge(key, amount, number)
    if age >= _BANK_KEEPS_KEYS and not isinstance(outcome, Approved | Declined):
        settling.review(payment_id)
        return
    if isinstance(outcome, NeverReceived) and quiet >= _settle_time():
        if _token_is_dead(payment):
            outcome = NotSent("token_expired")
        elif _note_repeat(payment_id, last_sent_at):
            outcome = _repeat(payment)
    settling.settle(payment_id, outcome, outbox_id)


def reconcile_overdue() -> None:
    """Ask the bank what became of each payment whose outcome is not known. One that fails does not stop the rest."""
    for payment_id in overdue():
        try:
            reconcile(payment_id)
        except Exception:
            log.exception("reconcile_failed", payment_id=payment_id)


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


def owe(payment: Payment) -> outbox.Owed:
    """Owe the charge of a payment in process, in the present transaction."""
    return _CHARGE.owe(payment.id, key=job_key(payment.id))


def job_key(payment_id: int) -> str:
    """The outbox row that owes the charge."""
    return f"charge:{payment_id}"


def _see_to_the_first_sending(payment: Payment) -> None:
    """Nobody has sent it: do the job itself, under its lease. One that was given up ends when its token is dead."""
    if outbox.has_failed(job_key(payment.id)):
        if _token_is_dead(payment):
            settling.settle(payment.id, NotSent("token_expired"), None)
    else:
        CHARGES.perform_now(job_key(payment.id))


def _wait_for_the_bank(payment_id: int) -> None:
    """Nothing left this machine, so nothing was sent: try again soon."""
    with writing() as session:
        payment = session.get_one(Payment, payment_id)
        payment.sent_at = payment.last_sent_at = None
    raise outbox.RetryLater(clock.now() + _RETRY_UNREACHABLE)


def _note_repeat(payment_id: int, last_sent_at: datetime) -> bool:
    """Say on the row that it is sent once more, before it is. False when it was already, or is now by somebody else."""
    with writing() as session:
        payment = session.get_one(Payment, payment_id)
        newest = payment.last_sent_at or payment.sent_at
        if newest != last_sent_at or newest != payment.sent_at or not _token_lives(payment):
            return False
        payment.last_sent_at = clock.now()
    return True


def _repeat(payment: Payment) -> Outcome:
    outcome = _send(payment)
    # What keeps the second sending out says nothing of the first, unless the bank takes the token no more.
    if isinstance(outcome, NotSent) and outcome.reason != "token_expired":
        return Unknown("unexpected_status")
    return outcome


def _token_lives(payment: Payment) -> bool:
    return payment.token_until is not None and clock.now() < payment.token_until


def _token_is_dead(payment: Payment) -> bool:
    """Whether the bank takes it no more either: a charge still on its way would be refused on arrival."""
    return payment.token_until is None or clock.now() >= payment.token_until + _CLOCKS_DIFFER


def _send(payment: Payment) -> Outcome:
    order = str(payment.account_token), payment.amount, payment.number, str(payment.idempotency_key)
    end_reading()
    return bank().charge(*order)


def _settle_time() -> timedelta:
    settings = current_settings()
    return settings.bank_settle


CHARGES = JobFamily(
    job=_CHARGE,
    work=charge,
    part=Part("El cargo a cuentas", "está detenido", "Los pagos esperan; nadie paga dos veces."),
    on_given_up=outbox.concerns_nobody,  # the reconciler ends the payment
    line=desk_line(literal("Cargo con el banco"), Payment.number).join(Payment, Payment.id == OutboxRow.subject_id),
    why=lambda _reason: "No se pudo completar con el banco en ningún intento.",
    owe_again=lambda payment_id: outbox.requeue(job_key(payment_id)),
)
