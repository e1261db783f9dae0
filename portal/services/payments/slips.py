"""Slips: what is paid in cash at an agency, from its making to its end. Source: docs/rules.md, Cash.

A slip is a payment `awaiting_cash`. Its receipt, at the counter, is not here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock, formats
from portal.domain.actor import SYSTEM
from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.errors import DomainError
from portal.domain.payment import PaymentState
from portal.domain.purchase import PaymentMethod, PurchaseState
from portal.domain.slip import REMINDED_BEFORE, YOUNGEST_REMINDED, SlipState, new_code, standing
from portal.extensions import db
from portal.models import Message, Payment, Policy, Purchase, Quote
from portal.models.transaction import NOT_THE_KEY, end_reading, writing
from portal.services.catalogue import agencies, offers
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.cash import (
    ASKS_TO_PAY,
    PaymentSlip,
    SlipCancelled,
    SlipExpired,
    SlipMail,
    SlipReminder,
)
from portal.services.platform import audit
from portal.services.platform.numbering import next_number

log = structlog.get_logger(__name__)

# More than anybody needs to settle on an agency: each is a number, a PDF and a mail.
MOST_OF_A_PURCHASE = 10


class AgencyClosed(DomainError):
    """The agency stays closed until it is too late to pay."""

    def __init__(self) -> None:
        super().__init__("Esa agencia no abre antes de que termine el plazo para pagar. Elija otra.", "agencia")


class TooManySlips(DomainError):
    """The purchase had all the slips that one may have."""

    def __init__(self) -> None:
        super().__init__(
            f"Ya generó {MOST_OF_A_PURCHASE} solicitudes de pago en efectivo para esta compra. "
            "Pague la última, pague con cargo a su cuenta o cotice otra vez."
        )


def is_living(payment: Payment) -> bool:
    """Whether the slip can still be paid: the deadline itself still counts."""
    return standing(payment.state, payment.due_at, clock.now()) is SlipState.PAYABLE


def is_overdue(payment: Payment) -> bool:
    """Whether its deadline is past, and nobody has ended it yet."""
    return payment.state is PaymentState.AWAITING_CASH and not is_living(payment)


def agency_of(payment: Payment) -> Agency:
    """The agency that the customer chose."""
    return agencies.by_code(payment.agency_code)


def deadline(purchase: Purchase) -> datetime | None:
    """Until when a slip made now could be paid at the agency answered; None without one, or when it stays closed."""
    if purchase.cash_agency_code is None:
        return None
    return agencies.by_code(purchase.cash_agency_code).pay_by(clock.now(), purchase.quote.valid_until)


def check_number(purchase: Purchase) -> None:
    """Raise TooManySlips when the purchase can have no other one."""
    if sum(payment.slip_code is not None for payment in purchase.payments) >= MOST_OF_A_PURCHASE:
        raise TooManySlips


def make(purchase: Purchase, *, replaced: Payment | None = None) -> Payment:
    """The numbered slip at the agency answered, with its PDF and its mail owed; in the present transaction.

    `replaced` is a slip that ended for this one: the mail says that its code no longer works. Raises AgencyClosed,
    TooManySlips.
    """
    check_number(purchase)
    due_at = deadline(purchase)
    if due_at is None:
        raise AgencyClosed
    payment = Payment(
        number=next_number("SP"),
        purchase=purchase,
        amount=purchase.amount,
        state=PaymentState.AWAITING_CASH,
        method=PaymentMethod.CASH,
        bank_name="",
        card_last4="",
        slip_code=_unused_code(),
        agency_code=purchase.cash_agency_code,
        due_at=due_at,
    )
    db.session.add(payment)
    db.session.flush()
    store.order(kinds.SLIP, payment)
    mail(payment, replaced=replaced)
    return payment


def mail(payment: Payment, *, replaced: Payment | None = None) -> Message:
    """Mail the slip with its stored PDF, in the present transaction."""
    old_code = formats.in_threes(replaced.slip_code) if replaced and replaced.slip_code else None
    return _tell(PaymentSlip(*_told_of(payment), old_code=old_code), attach=True)


def end(payment: Payment) -> None:
    """End a slip whose purchase is being edited, in the present transaction, and tell: cancelled, or expired if it
    already was. Nobody must pay with its code."""
    if is_living(payment):
        cancel(payment)
        payment.purchase.cash_agency_code = None  # so that the wizard asks again how it is paid
        policy = payment.purchase.quote.policy
        is_over = policy is not None and policy.cancelled_at is not None
        _tell(SlipCancelled(*_told_of(payment), is_over=is_over))
    else:
        expire(payment)


def stop(of_policies: ColumnElement[bool], *, insured_died: bool = False) -> None:
    """What would change or follow the policies of that condition can't be had any more: cancel its slips, in the
    present transaction. Who would pay is told, unless they are who died. Purchase and slip are held in the order in
    which whoever takes the money writes them."""
    its = select(Payment).join(Payment.purchase).join(Purchase.quote).join(Policy, Policy.id == Quote.policy_id)
    waits = its.where(of_policies, Payment.state == PaymentState.AWAITING_CASH).order_by(Payment.id)
    free = waits.with_for_update(of=(Purchase, Payment), skip_locked=True, **NOT_THE_KEY)  # whoever pays one asks last
    for slip in db.session.scalars(free).unique().all():
        cancel(slip)
        purchase = slip.purchase
        purchase.cash_agency_code = None
        if purchase.state is PurchaseState.AWAITING_PAYMENT:
            purchase.move_to(PurchaseState.OPEN)
        if insured_died and purchase.quote.policy and purchase.quote.policy.holder_is_insured:
            outgoing.end_calls(ASKS_TO_PAY, Message.purchase_id == purchase.id)
        else:
            _tell(SlipCancelled(*_told_of(slip), is_over=True))


def cancel(payment: Payment) -> None:
    """Cancel the slip in the present transaction, without a word: whoever replaces it says so."""
    payment.move_to(PaymentState.CANCELLED)
    payment.resolved_at = clock.now()


def expire(payment: Payment) -> None:
    """End a slip past its deadline in the present transaction: its purchase is open again, and the customer is told."""
    payment.move_to(PaymentState.EXPIRED)
    payment.resolved_at = clock.now()
    purchase = payment.purchase
    purchase.cash_agency_code = None  # so that the wizard asks again how it is paid
    if purchase.state is PurchaseState.AWAITING_PAYMENT:
        purchase.move_to(PurchaseState.OPEN)
    can_choose = clock.now() <= purchase.quote.valid_until
    _tell(SlipExpired(*_told_of(payment), can_choose=can_choose))


def expire_due() -> None:
    """End every slip past its deadline."""
    _each(_awaiting(Payment.due_at < clock.now()), _expire)


def remind_due() -> None:
    """Remind, once, of every slip whose deadline is a day away; not of one that was made just now."""
    moment = clock.now()
    due = _awaiting(
        Payment.reminded_at.is_(None),
        Payment.due_at >= moment,
        Payment.due_at <= moment + REMINDED_BEFORE,
        Payment.created_at <= moment - YOUNGEST_REMINDED,
    )
    _each(due, _remind)


def _awaiting(*conditions: ColumnElement[bool]) -> Sequence[int]:
    query = select(Payment.id).where(Payment.state == PaymentState.AWAITING_CASH, *conditions)
    found = db.session.scalars(query).all()
    end_reading()
    return found


def _each(payment_ids: Sequence[int], work: Callable[[Payment], None]) -> None:
    """Each in a transaction of its own, by compare-and-swap: one that fails does not stop the rest."""
    for payment_id in payment_ids:
        try:
            with writing() as session:
                payment = session.get_one(Payment, payment_id)
                if payment.state is PaymentState.AWAITING_CASH:
                    work(payment)
        except StaleDataError:
            continue  # paid, edited or ended by somebody else at this very moment
        except Exception:
            log.exception("slip_failed", payment_id=payment_id)


def _expire(payment: Payment) -> None:
    if not is_living(payment):
        expire(payment)
        audit.record(SYSTEM, "payment.expired", payment.number, amount=str(payment.amount))


def _remind(payment: Payment) -> None:
    if payment.reminded_at is None and is_living(payment):
        payment.reminded_at = clock.now()
        _tell(SlipReminder(*_told_of(payment)), attach=True)


def _unused_code() -> str:
    while True:
        code = new_code()
        if db.session.scalar(select(Payment.id).where(Payment.slip_code == code)) is None:
            return code


def _told_of(payment: Payment) -> tuple[Payment, Agency, Product, Plan]:
    """What a mail about the slip tells of."""
    return payment, agency_of(payment), *offers.plan_of(payment.purchase.quote)


def _tell(mail: SlipMail, *, attach: bool = False) -> Message:
    attachments = [store.of(kinds.SLIP, mail.payment)] if attach else []
    return outgoing.queue_for_buyer(mail, mail.payment.purchase, attachments=attachments)
