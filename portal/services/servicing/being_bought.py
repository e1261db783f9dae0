"""What is being bought for a policy that exists: another plan, or the year that follows. It can be seen, given up by
whoever began it, and is withdrawn by what makes an end of it. Source: docs/rules.md, Administer.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import and_, or_, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import NotAllowed
from portal.domain.payment import LIVE_STATES, NOT_SOLD, PROMISED_STATES
from portal.domain.purchase import PurchaseState
from portal.domain.quote import QuotePurpose, QuoteState
from portal.extensions import db
from portal.models import Message, Payment, Policy, Purchase, Quote
from portal.models.transaction import judged_anew, writing
from portal.services.messaging import outgoing
from portal.services.messaging.mails.servicing import BegunAtDesk
from portal.services.platform import audit
from portal.services.sale import purchasing
from portal.services.servicing import held


@dataclass(frozen=True, slots=True)
class Begun:
    """Another plan that is being bought until `until`, and the payment that stands, if any."""

    public_id: str
    plan_code: str
    amount: Decimal
    until: datetime
    payment: Payment | None


def of(policy: Policy, moment: datetime) -> Begun | None:
    """The plan that is being bought: while its money moves it goes on past its time. What came and bought nothing, so
    that it is paid and not issued, is none. One query."""
    stands = and_(Payment.purchase_id == Purchase.id, Payment.state.in_(LIVE_STATES))
    its = (
        select(Purchase.public_id, Quote.plan_code, Quote.premium_total, Quote.valid_until, Payment)
        .join(Purchase.quote)
        .outerjoin(Payment, stands)
        .where(Quote.policy_id == policy.id, Quote.purpose == QuotePurpose.PLAN_CHANGE, Quote.state == QuoteState.VALID)
        .where(or_(Quote.valid_until > moment, Payment.state.in_(PROMISED_STATES)))
        .where(Purchase.state != PurchaseState.PAID)
        .order_by(Payment.id.is_(None), Purchase.id.desc())
    )
    row = db.session.execute(its.limit(1)).one_or_none()
    return Begun(*row) if row else None


def leave(number: str, actor: Actor) -> bool:
    """Give up what was begun to be bought, and cancel its slip: nothing has changed. Whether anything still was begun.
    Raises NotAllowed while its money moves, NotFound."""
    return judged_anew(lambda: _leave(number, actor))


def _leave(number: str, actor: Actor) -> bool:
    with writing():
        policy = held.policy(number, actor)
        left = withdraw(policy)
        if left:
            audit.record(actor, "plan_change.leave", policy.number)
    return left


def withdraw(policy: Policy, *purposes: QuotePurpose) -> bool:
    """What was begun to be bought for the policy no longer can be, in the present transaction: a slip is cancelled.
    Whether anything was. Of another plan, unless other `purposes` are told. Raises NotAllowed while money moves."""
    now = clock.now()
    its = select(Purchase).join(Purchase.quote).where(Quote.policy_id == policy.id)
    open_ = its.where(Quote.purpose.in_(purposes or (QuotePurpose.PLAN_CHANGE,)), Quote.state == QuoteState.VALID)
    left = False
    # A request outlives its quote until it is paid or swept.
    goes_on = or_(Quote.valid_until > now, Purchase.state == PurchaseState.AWAITING_PAYMENT)
    for purchase in db.session.scalars(open_.where(goes_on)).unique():
        if any(payment.reason == NOT_SOLD for payment in purchase.payments):
            continue  # it bought nothing, and goes back
        if purchasing.is_committed(purchase):
            raise NotAllowed("Su pago está en proceso: espere a que termine.")
        purchase.touched_at = now  # of a press at this moment one sees the other
        if purchase.quote.is_renewal and purchasing.living_slip(purchase) is None:
            continue  # its own page says that nothing can be renewed any more
        purchasing.withdraw_request(purchase)
        outgoing.end_calls((BegunAtDesk.kind,), Message.purchase_id == purchase.id)
        if purchase.quote.is_plan_change:
            purchase.quote.valid_until = min(purchase.quote.valid_until, now)
        left = True
    return left
