"""A receipt of cash with all that its page, its paper and its mail say of it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased, lazyload

from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.policy import EndorsementKind
from portal.domain.receipt import REVERSAL_NAMES, ReversalReason
from portal.domain.slip import WHY_NOT, WHY_NOT_CHANGED, WHY_NOT_RENEWED, WHY_NOT_SOLD, standing
from portal.extensions import db
from portal.models import Account, CashReceipt, Endorsement, Payment, Person, Policy, Quote, Refund
from portal.services.catalogue import agencies, offers


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """`agency` took the money; `chosen` is the one that the customer had chosen. `policy` is there when the receipt
    issued it or changed its plan, and `replanned` when something states a plan of it after its issue; `refund` when the
    money is given back."""

    receipt: CashReceipt
    payment: Payment
    quote: Quote
    product: Product
    plan: Plan
    agency: Agency
    chosen: Agency
    cashier: str
    policy: Policy | None
    replanned: bool
    refund: Refund | None
    reversed_by: str | None

    @property
    def at_another_agency(self) -> bool:
        """Whether the money was taken elsewhere than the customer had chosen."""
        return self.agency.code != self.chosen.code

    @property
    def why_not(self) -> str:
        """Why the money bought nothing, after "porque"."""
        if self.payment.bought_nothing and self.quote.is_plan_change:
            return WHY_NOT_CHANGED
        if self.payment.bought_nothing:
            return WHY_NOT_RENEWED if self.quote.is_renewal else WHY_NOT_SOLD
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
    """What there is to say of a receipt: one query beside its payment's."""
    return _facts(db.session.execute(_rows().where(CashReceipt.id == receipt.id)).one())


def standing_of(payment: Payment) -> ReceiptFacts | None:
    """The slip's receipt that was not reversed: the schema allows one."""
    of_slip = _rows().where(CashReceipt.payment_id == payment.id, CashReceipt.reversed_at.is_(None))
    row = db.session.execute(of_slip).one_or_none()
    return _facts(row) if row else None


def reversed_of(policy: Policy) -> ReceiptFacts:
    """The receipt that issued a policy and was reversed."""
    issued = _rows().where(CashReceipt.payment_id == policy.payment_id, CashReceipt.issues)
    return _facts(db.session.execute(issued.where(CashReceipt.reversed_at.is_not(None))).one())


def _rows() -> Any:
    taken_by, undone_by, taker, undoer = aliased(Account), aliased(Account), aliased(Person), aliased(Person)
    changed, stated = aliased(Policy), aliased(Endorsement)
    replanned = exists().where(stated.policy_id == Policy.id, stated.kind == EndorsementKind.PLAN_CHANGE)
    return (
        select(CashReceipt, Policy, changed, replanned, Refund, taker, undoer)
        .join(taken_by, taken_by.id == CashReceipt.received_by_id)
        .join(taker, taker.id == taken_by.person_id)
        .outerjoin(undone_by, undone_by.id == CashReceipt.reversed_by_id)
        .outerjoin(undoer, undoer.id == undone_by.person_id)
        .outerjoin(Policy, and_(Policy.payment_id == CashReceipt.payment_id, CashReceipt.issues))
        .outerjoin(Endorsement, and_(Endorsement.payment_id == CashReceipt.payment_id, CashReceipt.issues))
        .outerjoin(changed, changed.id == Endorsement.policy_id)
        .outerjoin(Refund, Refund.receipt_id == CashReceipt.id)
        .options(lazyload("*"))
    )


def _facts(row: Any) -> ReceiptFacts:
    receipt, policy, changed, replanned, refund, cashier, reversed_by = row
    payment = receipt.payment
    quote = payment.purchase.quote
    product, plan = offers.plan_of(quote)
    return ReceiptFacts(
        receipt=receipt,
        payment=payment,
        quote=quote,
        product=product,
        plan=plan,
        agency=agencies.by_code(receipt.agency_code),
        chosen=agencies.by_code(payment.agency_code),
        cashier=cashier.short_name,
        policy=policy or changed,
        replanned=replanned or changed is not None,
        refund=refund,
        reversed_by=reversed_by.short_name if reversed_by else None,
    )
