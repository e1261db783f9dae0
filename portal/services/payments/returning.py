"""Money of a policy that goes back to whoever paid it: of what was paid last first, and never more than it. Source:
docs/rules.md, Money out."""

from collections.abc import Sequence
from decimal import Decimal

from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.premium import newest_first
from portal.domain.purchase import PaymentMethod
from portal.models import Payment, Policy, PolicyChange, Refund
from portal.services.payments import bank_refunds, refunds


def payments_of(policy: Policy) -> Sequence[Payment]:
    """What was paid for the policy, in the order in which it was."""
    return [policy.payment]


def kept(policy: Policy) -> Decimal:
    """What was paid for the policy and not given back, nor is being: in soles."""
    return sum((bank_refunds.left_of(one) for one in payments_of(policy)), Decimal(0))


def give_back(change: PolicyChange, amount: Decimal, actor: Actor, agency: Agency | None) -> list[Refund]:
    """Give `amount` soles of its policy back, for that change, in the present transaction: of a charge by the bank
    to its account, of cash at the `agency` by a code. Raises NotAllowed, and ValueError for more than was paid."""
    paid = payments_of(change.policy)
    parts = newest_first(amount, [bank_refunds.left_of(one) for one in paid])
    opened = [_open(payment, part, actor, agency) for payment, part in zip(paid, parts, strict=True) if part]
    for refund in opened:
        refund.change_id = change.id
    return opened


def _open(payment: Payment, amount: Decimal, actor: Actor, agency: Agency | None) -> Refund:
    if payment.method is PaymentMethod.ACCOUNT:
        return bank_refunds.open_for(payment, amount, actor)
    if agency is None:
        raise ValueError("cash is given back at an agency")
    return refunds.open_part(payment, amount, agency, actor)
