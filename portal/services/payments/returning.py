"""Money of a policy that goes back to whoever paid it: of what was paid last first, and never more than it. Source:
docs/rules.md, Money out."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import and_, exists, or_, select

from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.premium import newest_first
from portal.domain.purchase import PaymentMethod
from portal.extensions import db
from portal.models import CashReceipt, Endorsement, Payment, Policy, PolicyChange, Refund
from portal.services.payments import bank_refunds, refunds


class Paid(NamedTuple):
    """What was paid, and what of it was not given back, nor is being: in soles."""

    payment: Payment
    left: Decimal


def paid_for(policy: Policy) -> Sequence[Paid]:
    """What was paid for the policy, in the order in which it was: the policy itself, then each dearer plan. What a
    reversed receipt had recorded was not. One query."""
    undone = exists().where(CashReceipt.payment_id == Payment.id, CashReceipt.reversed_at.is_not(None))
    plans = select(Endorsement.payment_id).where(Endorsement.policy_id == policy.id)
    its = select(Payment, bank_refunds.left())
    paid = its.where(or_(Payment.id == policy.payment_id, and_(Payment.id.in_(plans), ~undone)))
    rows = db.session.execute(paid.order_by(Payment.id))
    return [Paid(payment, max(left, Decimal(0))) for payment, left in rows]


def kept(policy: Policy) -> Decimal:
    """What was paid for the policy and not given back, nor is being: in soles."""
    return kept_of(paid_for(policy))


def kept_of(paid: Sequence[Paid]) -> Decimal:
    """The same of what was paid."""
    return sum((one.left for one in paid), Decimal(0))


def give_back(change: PolicyChange, amount: Decimal, actor: Actor, agency: Agency | None) -> list[Refund]:
    """Give `amount` soles of its policy back, for that change, in the present transaction: of a charge by the bank
    to its account, of cash at the `agency` by a code. Raises NotAllowed, and ValueError for more than was paid."""
    paid = paid_for(change.policy)
    parts = newest_first(amount, [one.left for one in paid])
    opened = [_open(one.payment, part, actor, agency) for one, part in zip(paid, parts, strict=True) if part]
    for refund in opened:
        refund.change_id = change.id
    return opened


def _open(payment: Payment, amount: Decimal, actor: Actor, agency: Agency | None) -> Refund:
    if payment.method is PaymentMethod.ACCOUNT:
        return bank_refunds.open_for(payment, amount, actor)
    if agency is None:
        raise ValueError("cash is given back at an agency")
    return refunds.open_part(payment, amount, agency, actor)
