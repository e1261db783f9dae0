"""A receipt of cash with all that its page, its paper and its mail say of it."""

from dataclasses import dataclass

from sqlalchemy import select

from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.receipt import REVERSAL_NAMES, ReversalReason
from portal.domain.slip import WHY_NOT, standing
from portal.extensions import db
from portal.models import Account, CashReceipt, Payment, Policy, Quote, Refund
from portal.services import agencies, quoting


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """`agency` took the money; `chosen` is the one that the customer had chosen. `policy` is there when the receipt
    issued it, `refund` when the money is given back."""

    receipt: CashReceipt
    payment: Payment
    quote: Quote
    product: Product
    plan: Plan
    agency: Agency
    chosen: Agency
    cashier: str
    policy: Policy | None
    refund: Refund | None
    reversed_by: str | None

    @property
    def at_another_agency(self) -> bool:
        return self.agency.code != self.chosen.code

    @property
    def why_not(self) -> str:
        """Why the money bought nothing, after "porque"."""
        return WHY_NOT[standing(self.payment.state, self.payment.due_at, self.receipt.received_at)]

    @property
    def reversal(self) -> str:
        """The mistake for which it was reversed."""
        return REVERSAL_NAMES[ReversalReason((self.receipt.reversal_reason or "").partition(":")[0])]

    @property
    def reversal_words(self) -> str:
        """What was written down about that mistake."""
        return (self.receipt.reversal_reason or "").partition(":")[2].strip()


def of(receipt: CashReceipt) -> ReceiptFacts:
    """What there is to say of a receipt, in few queries."""
    payment = receipt.payment
    quote = payment.purchase.quote
    product, plan = quoting.plan_of(quote)
    policy = db.session.scalars(select(Policy).where(Policy.payment_id == payment.id)).one_or_none()
    refund = db.session.scalars(select(Refund).where(Refund.receipt_id == receipt.id)).one_or_none()
    return ReceiptFacts(
        receipt=receipt,
        payment=payment,
        quote=quote,
        product=product,
        plan=plan,
        agency=agencies.by_code(receipt.agency_code),
        chosen=agencies.by_code(payment.agency_code),
        cashier=name_of(receipt.received_by_id),
        policy=policy if receipt.issues else None,
        refund=refund,
        reversed_by=name_of(receipt.reversed_by_id) if receipt.reversed_by_id else None,
    )


def reversed_of(policy: Policy) -> ReceiptFacts:
    """The receipt that issued a policy and was reversed."""
    return of(
        db.session.scalars(
            select(CashReceipt).where(
                CashReceipt.payment_id == policy.payment_id, CashReceipt.issues, CashReceipt.reversed_at.is_not(None)
            )
        ).one()
    )


def name_of(account_id: int) -> str:
    """First name and first surname of somebody of the staff."""
    return db.session.get_one(Account, account_id).person.short_name
