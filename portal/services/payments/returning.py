"""Money of a policy that goes back to whoever paid it: of what was paid last first, and never more than it. Source:
docs/rules.md, Money out."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, type_coerce

from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.formats import money
from portal.domain.premium import newest_first
from portal.domain.purchase import PaymentMethod
from portal.extensions import db
from portal.models import CashReceipt, Endorsement, Payment, Policy, PolicyChange, Refund
from portal.models.transaction import NOT_THE_KEY
from portal.models.types import Money
from portal.services.payments import bank_refunds, refund_ways, refunds


class Paid(NamedTuple):
    """What was paid, and what of it was not given back, nor is being, nor is owed: in soles."""

    payment: Payment
    left: Decimal


class Part(NamedTuple):
    """What of a payment goes back, in soles, to where it came from."""

    payment: Payment
    amount: Decimal

    @property
    def is_cash(self) -> bool:
        """Whether it was paid in cash, and is collected at an agency."""
        return self.payment.method is PaymentMethod.CASH

    @property
    def where(self) -> str:
        """Where it is received, as far as that is shown."""
        if self.is_cash:
            return "en efectivo, en una agencia"
        return f"a su cuenta: {self.payment.bank_name}, tarjeta terminada en {self.payment.card_last4}"


def parts_of(amount: Decimal, paid: Sequence[Paid]) -> list[Part]:
    """Where `amount` soles of what was paid would go, the newest payment first. Raises ValueError for more than was
    paid."""
    amounts = newest_first(amount, [one.left for one in paid])
    both = zip(paid, amounts, strict=True)
    return [Part(one.payment, part) for one, part in both if part][::-1]


def where_words(parts: Sequence[Part]) -> str:
    """Where all of it goes: each with its amount where there are several."""
    if len(parts) == 1:
        return parts[0].where[0].upper() + parts[0].where[1:]
    return ". ".join(f"{money(one.amount)} {one.where}" for one in parts)


def paid_for(policy: Policy) -> Sequence[Paid]:
    """What was paid for the policy, in the order in which it was: the policy itself, then each dearer plan. What a
    reversed receipt had recorded was not. What the bank would not give back and is still owed goes another way as soon
    as its owner chooses one, and is nobody else's to give. One query."""
    undone = exists().where(CashReceipt.payment_id == Payment.id, CashReceipt.reversed_at.is_not(None))
    plans = select(Endorsement.payment_id).where(Endorsement.policy_id == policy.id)
    its = select(Payment, bank_refunds.left(), _owed())
    paid = its.where(or_(Payment.id == policy.payment_id, and_(Payment.id.in_(plans), ~undone)))
    rows = db.session.execute(paid.order_by(Payment.id))
    return [Paid(payment, max(left - owed, Decimal(0))) for payment, left, owed in rows]


def _owed() -> ColumnElement[Decimal]:
    """What of a payment the bank would not give back, and has no other way yet: a column of a query of payments."""
    its = select(func.coalesce(func.sum(Refund.amount), 0))
    owed = its.where(Refund.payment_id == Payment.id, refund_ways.is_left())
    return type_coerce(owed.correlate(Payment).scalar_subquery(), Money)


def hold(policies: Sequence[Policy]) -> None:
    """Hold all that was paid for these, in the present transaction, before any of it is given back: once there is a
    number, nothing is waited for."""
    ids = [one.id for one in policies]
    plans = select(Endorsement.payment_id).where(Endorsement.policy_id.in_(ids))
    its = select(Payment.id).where(or_(Payment.id.in_([one.payment_id for one in policies]), Payment.id.in_(plans)))
    db.session.execute(its.order_by(Payment.id).with_for_update(of=Payment, **NOT_THE_KEY))


def kept(policy: Policy) -> Decimal:
    """What was paid for the policy and not given back, nor is being, nor is owed: in soles."""
    return kept_of(paid_for(policy))


def kept_of(paid: Sequence[Paid]) -> Decimal:
    """The same of what was paid."""
    return sum((one.left for one in paid), Decimal(0))


def where_of(policy: Policy, amount: Decimal) -> str:
    """Where `amount` soles of it would go now, in words; nothing of nothing. Of what a page showed less may be kept by
    now: it is shown anew before it is given. One query."""
    paid = paid_for(policy)
    return where_words(parts_of(min(amount, kept_of(paid)), paid))


def give_back(change: PolicyChange, amount: Decimal, actor: Actor, agency: Agency | None) -> list[Refund]:
    """Give `amount` soles of its policy back, for that change, in the present transaction: of a charge by the bank
    to its account, of cash at the `agency` by a code. Raises NotAllowed, and ValueError for more than was paid."""
    hold([change.policy])
    parts = parts_of(amount, paid_for(change.policy))
    opened = [_open(one, actor, agency) for one in reversed(parts)]  # numbered in the order of the charges
    for refund in opened:
        refund.change_id = change.id
    return opened


def _open(part: Part, actor: Actor, agency: Agency | None) -> Refund:
    if not part.is_cash:
        return bank_refunds.open_for(part.payment, part.amount, actor)
    if agency is None:
        raise ValueError("cash is given back at an agency")
    return refunds.open_part(part.payment, part.amount, agency, actor)
