"""How a charge ends: the bank's word written by compare-and-swap, and all that follows from it in the same commit.

Source: docs/rules.md, Money moves once. Who asks the bank is in charging.py.
"""

from datetime import timedelta

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock
from portal.domain.actor import SYSTEM, Actor
from portal.domain.payment import NOT_ISSUED, PaymentState, decline_advice, decline_reason
from portal.domain.purchase import PurchaseState
from portal.extensions import db
from portal.integrations.bank import Approved, Declined, NotSent, Outcome
from portal.models import Payment
from portal.models.transaction import writing
from portal.services.catalogue import offers
from portal.services.messaging import outgoing
from portal.services.platform import audit, outbox
from portal.services.policies import issuing

log = structlog.get_logger(__name__)

UNSETTLED = (PaymentState.PROCESSING, PaymentState.UNKNOWN)
_ISSUING_PATIENCE = timedelta(minutes=10)


def settle(payment_id: int, outcome: Outcome, outbox_id: int | None) -> None:
    """The last transaction of a charge: the result by compare-and-swap, and all that follows from it.

    An approval whose policy cannot be issued is kept, tried again for ten minutes, and then left to people.
    """
    try:
        _settle(payment_id, outcome, outbox_id)
    except (StaleDataError, OperationalError):
        raise  # somebody else was faster, or the database was away: no fault of the policy
    except Exception:
        if not isinstance(outcome, Approved) or not _leave_to_people(payment_id, outcome, outbox_id):
            raise


def _settle(payment_id: int, outcome: Outcome, outbox_id: int | None) -> None:
    with writing() as session:
        payment = session.get_one(Payment, payment_id)
        if payment.state in UNSETTLED:
            match outcome:
                case Approved() | Declined():
                    conclude(payment, outcome, SYSTEM)
                case NotSent():
                    _not_sent(payment, outcome)
                case _:
                    _unknown(payment)
        elif isinstance(outcome, Approved) and payment.state is not PaymentState.APPROVED:
            _too_late(payment, outcome)
        if outbox_id is not None:
            outbox.done(outbox_id)


def conclude(payment: Payment, outcome: Approved | Declined, actor: Actor) -> None:
    """End a payment as the bank said, and do all that follows from it, in the present transaction: the policy or the
    way back to paying, the mail, and the audit row of `actor`, last."""
    if isinstance(outcome, Approved):
        _approved(payment, outcome, actor)
    else:
        _declined(payment, outcome, actor)


def kept_approval(payment: Payment) -> Approved | None:
    """The bank's approval of a payment whose policy could not be issued yet: the bank need not be asked again."""
    if payment.state not in UNSETTLED or payment.charge_id is None or payment.resolved_at is None:
        return None
    return Approved(payment.charge_id, payment.authorization_code or "", payment.resolved_at)


def review(payment_id: int) -> None:
    """Leave a payment that the bank did not answer for in a day to the staff's desk."""
    with writing() as session:
        payment = session.get_one(Payment, payment_id)
        if payment.state in UNSETTLED:
            _to_review(payment)


def _leave_to_people(payment_id: int, outcome: Approved, outbox_id: int | None) -> bool:
    """Keep the approval of a policy that could not be issued, a defect of ours. Whether nobody need try it again: after
    `_ISSUING_PATIENCE` it lies on the staff's desk, and the customer is told."""
    with writing() as session:
        payment = session.get_one(Payment, payment_id)
        if payment.state not in UNSETTLED:
            return True  # somebody else has settled it meanwhile
        if kept_approval(payment) is None:
            payment.charge_id, payment.authorization_code = outcome.charge_id, outcome.authorization_code
            payment.resolved_at, payment.reason = clock.now(), NOT_ISSUED
        if payment.resolved_at is None or clock.now() - payment.resolved_at < _ISSUING_PATIENCE:
            return False
        log.critical("charged_and_not_issued", alarm=True, payment=payment.number)
        _to_review(payment)
        if outbox_id is not None:
            outbox.done(outbox_id)
    return True


def _to_review(payment: Payment) -> None:
    if payment.state is PaymentState.PROCESSING:
        payment.move_to(PaymentState.UNKNOWN)
    payment.move_to(PaymentState.IN_REVIEW)
    payment.in_review_at = clock.now()
    try:
        with db.session.begin_nested():
            tell(payment, "payment_in_review")
    except Exception:
        log.exception("not_told", payment=payment.number)  # a mail that can't be written hides no payment from the desk
    audit.record(SYSTEM, "payment.in_review", payment.number, reason=payment.reason)


def _approved(payment: Payment, outcome: Approved, actor: Actor) -> None:
    payment.move_to(PaymentState.APPROVED)
    payment.charge_id, payment.authorization_code = outcome.charge_id, outcome.authorization_code
    payment.resolved_at, payment.account_token, payment.reason = clock.now(), None, None
    payment.purchase.account_token = None
    payment.purchase.move_to(PurchaseState.PAID)
    db.session.flush()
    policy = issuing.issue(payment)
    audit.record(actor, "payment.approved", payment.number, policy=policy.number, amount=str(payment.amount))


def _too_late(payment: Payment, outcome: Approved) -> None:
    """Money that moved for a payment that we had ended. It can't happen while the bank keeps its contract; if it
    does, somebody must give it back."""
    log.critical("approved_after_the_end", alarm=True, payment=payment.number, state=payment.state.value)
    payment.charge_id, payment.authorization_code = outcome.charge_id, outcome.authorization_code
    audit.record(SYSTEM, "payment.approved_after_the_end", payment.number, charge=outcome.charge_id)


def _declined(payment: Payment, outcome: Declined, actor: Actor) -> None:
    payment.move_to(PaymentState.DECLINED)
    payment.charge_id, payment.reason, payment.resolved_at = outcome.charge_id or None, outcome.code, clock.now()
    payment.account_token = None
    payment.purchase.move_to(PurchaseState.OPEN)
    tell(payment, "payment_refused", reason=decline_reason(outcome.code), advice=decline_advice(outcome.code))
    audit.record(actor, "payment.declined", payment.number, reason=outcome.code)


def _not_sent(payment: Payment, outcome: NotSent) -> None:
    payment.move_to(PaymentState.NOT_SENT)
    payment.reason, payment.resolved_at = outcome.reason, clock.now()
    payment.account_token = None
    payment.purchase.account_token = None  # back to Forma de pago
    payment.purchase.move_to(PurchaseState.OPEN)
    if outcome.reason == "unauthorized":
        log.critical("bank_refuses_our_key", payment=payment.number)
    tell(payment, "payment_not_sent")
    audit.record(SYSTEM, "payment.not_sent", payment.number, reason=outcome.reason)


def _unknown(payment: Payment) -> None:
    if payment.state is PaymentState.UNKNOWN:
        return
    payment.move_to(PaymentState.UNKNOWN)
    tell(payment, "payment_confirming")
    audit.record(SYSTEM, "payment.unknown", payment.number)


def tell(payment: Payment, kind: str, **words: str) -> None:
    """Mail `kind` to whoever pays, in the present transaction."""
    purchase = payment.purchase
    product, plan = offers.plan_of(purchase.quote)
    context = {"purchase": purchase, "payment": payment, "product": product, "plan": plan} | words
    outgoing.queue_for_buyer(kind, purchase, context)
