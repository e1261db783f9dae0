"""What has become of a payment: the live page after "Procesar Pago", and the summary."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, select

from portal.domain import clock
from portal.domain.message import MessageState
from portal.domain.payment import PaymentState
from portal.domain.purchase import PurchaseState
from portal.extensions import db
from portal.models import Document, Endorsement, Message, Payment, Policy, Purchase
from portal.services.documents import kinds
from portal.services.messaging.mails.sale import PolicySent
from portal.services.messaging.mails.servicing import PlanChangeDone
from portal.services.sale import purchasing

_USUAL = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PaymentProgress:
    """Each moment is None until that part is done. `endorsement`: of another plan that was bought for the policy.
    `mail_failed` says that the mail could not be delivered."""

    payment: Payment | None
    policy: Policy | None
    endorsement: Endorsement | None = None
    rendered_at: datetime | None = None
    mailed_at: datetime | None = None
    mail_failed: bool = False

    @property
    def look_again(self) -> int | None:
        """Seconds after which the page asks again: often while all goes as ever, seldom while a bank's answer is
        awaited, never for a mail alone that is late (people pay for their data)."""
        if not self.is_moving or self.payment is None:
            return None
        began = self.payment.processing_at or self.payment.resolved_at  # in cash all begins with the receipt
        if began is None:
            return None
        if clock.now() - began < _USUAL:
            return 2
        return None if self.policy else 30

    @property
    def is_moving(self) -> bool:
        """Whether something is still to come."""
        if self.payment is None or self.mail_failed or self.payment.bought_nothing:
            return False
        if self.payment.state is PaymentState.APPROVED:
            return self.mailed_at is None
        return self.payment.state in (PaymentState.PROCESSING, PaymentState.UNKNOWN)


def of(purchase: Purchase) -> PaymentProgress:
    """How far the purchase's newest payment has come, told from the rows themselves."""
    payment = purchasing.latest_payment(purchase)
    if purchase.state is not PurchaseState.ISSUED:
        return PaymentProgress(payment, None)
    endorsement = _plan_changed(payment) if payment and purchase.quote.is_plan_change else None
    if endorsement:
        policy, printed, mailed = endorsement.policy, endorsement, PlanChangeDone.kind
    else:
        policy = db.session.scalars(select(Policy).where(Policy.purchase_id == purchase.id)).one()
        printed, mailed = policy.issue, PolicySent.kind
    sent_at, state, rendered_at = db.session.execute(
        select(Message.sent_at, Message.state, Document.rendered_at)
        .outerjoin(Document, and_(Document.kind == kinds.POLICY.code, Document.subject_id == printed.id))
        .where(Message.policy_id == policy.id, Message.purchase_id == purchase.id, Message.kind == mailed)
        .order_by(Message.id)
        .limit(1)
    ).one()
    return PaymentProgress(payment, policy, endorsement, rendered_at, sent_at, state is MessageState.FAILED)


def _plan_changed(payment: Payment) -> Endorsement:
    return db.session.scalars(select(Endorsement).filter_by(payment_id=payment.id)).one()
