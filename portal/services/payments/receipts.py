"""Cash taken at the counter: for a slip that is paid, or for one that no longer could be.

Source: docs/rules.md, Cash.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import joinedload, lazyload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.formats import moment, money
from portal.domain.payment import NOT_SOLD, PaymentState
from portal.domain.purchase import PaymentMethod, PurchaseState
from portal.domain.slip import WHY_NOT, SlipState, standing
from portal.extensions import db
from portal.models import Account, CashReceipt, Payment, Person, Policy, Purchase, Refund
from portal.models.transaction import judged_anew, writing
from portal.services.catalogue import agencies
from portal.services.controls import conflicts_of_interest
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.cash import PaymentReceipt, RefundOpened
from portal.services.payments import receipt_facts, refunds
from portal.services.payments.receipt_facts import ReceiptFacts
from portal.services.platform import audit, paging
from portal.services.platform.numbering import next_number
from portal.services.policies import issuing, plan_changing, renewing
from portal.services.policies import policy as policies

_WITHOUT_LISTS = (lazyload(Purchase.beneficiaries), lazyload(Purchase.payments))


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A receipt in a list, and who took the money."""

    id: int
    receipt: CashReceipt
    cashier: str


class AlreadyReceived(NotAllowed):
    """The slip's money was taken before."""

    def __init__(self, facts: ReceiptFacts) -> None:
        self.receipt = receipt = facts.receipt
        super().__init__(
            f"Esta solicitud ya se cobró: recibo {receipt.number}, {moment(receipt.received_at)}, {facts.agency.name}, "
            f"{facts.cashier}. No reciba el dinero otra vez."
        )


def slip(number: str) -> Payment:
    """The slip of that number, with its purchase and quote: one query. Raises NotFound."""
    found = db.session.scalars(
        select(Payment)
        .where(Payment.number == number, Payment.method == PaymentMethod.CASH)
        .options(joinedload(Payment.purchase, innerjoin=True).options(*_WITHOUT_LISTS))
    ).one_or_none()
    if found is None:
        raise NotFound("No encontramos esa solicitud de pago.")
    return found


def get(number: str, actor: Actor) -> CashReceipt:
    """A receipt of the actor's agency; a supervisor reads those of all. Raises NotFound."""
    receipt = db.session.scalars(
        select(CashReceipt)
        .where(CashReceipt.number == number)
        .options(
            joinedload(CashReceipt.payment, innerjoin=True)
            .joinedload(Payment.purchase, innerjoin=True)
            .options(*_WITHOUT_LISTS)
        )
    ).one_or_none()
    if receipt is None or not agencies.may_read(actor, receipt.agency_code, agencies.find_of_member(actor)):
        raise NotFound("No encontramos ese recibo en su agencia.")
    return receipt


def of_payer(number: str, actor: Actor) -> CashReceipt:
    """The receipt of what the actor paid in cash. Raises NotFound for anybody else's."""
    receipt = db.session.scalars(
        select(CashReceipt)
        .join(CashReceipt.payment)
        .join(Payment.purchase)
        .where(CashReceipt.number == number, Purchase.account_id == actor.account_id)
    ).one_or_none()
    if receipt is None:
        raise NotFound("No encontramos ese recibo.")
    return receipt


def of_day(agency: Agency, *, before: int | None = None, limit: int) -> Sequence[ReceiptLine]:
    """What the agency took today (Lima), the newest first, older than the line `before`."""
    query = (
        select(CashReceipt, Person)
        .join(Account, Account.id == CashReceipt.received_by_id)
        .join(Person, Person.id == Account.person_id)
        .where(CashReceipt.agency_code == agency.code, CashReceipt.received_at >= midnight())
        .options(joinedload(CashReceipt.payment).lazyload(Payment.purchase))
    )
    page = paging.newest(query, CashReceipt.id, before=before, limit=limit)
    return [ReceiptLine(receipt.id, receipt, cashier.short_name) for receipt, cashier in db.session.execute(page)]


def midnight() -> datetime:
    """When today (Lima) began."""
    return clock.lima(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)


def receive(number: str, amount: Decimal, actor: Actor, *, shown: datetime | None = None) -> str:
    """Record the slip's money; the policy is issued in the same commit. The receipt's number.

    When the insured has all the policies that one may have, which only now may count, the money buys nothing: a refund
    is opened instead, and nobody is told why.

    `shown`: when its page was; a receipt that the actor made since is that of another press of the same button. Raises
    AlreadyReceived, NotAllowed for a slip that can't be paid any more or an actor who may not, DomainError on
    the field `monto` when the amount is not the slip's.
    """
    return _once(lambda: _receive(number, amount, actor), actor, shown)


def receive_to_return(number: str, amount: Decimal, actor: Actor, *, shown: datetime | None = None) -> str:
    """Record money that was taken for a slip that could not be paid: it buys nothing and opens a refund. The receipt's
    number. Raises as `receive`, and NotAllowed while the slip can still be paid."""
    return _once(lambda: _receive_to_return(number, amount, actor), actor, shown)


def _receive(number: str, amount: Decimal, actor: Actor) -> str:
    with writing() as session:
        agency, payment = _at_counter(number, actor)
        stands = standing(payment.state, payment.due_at, clock.now())
        if stands is not SlipState.PAYABLE:
            raise NotAllowed(f"No se registró nada: {WHY_NOT[stands]}. No cobre esta solicitud.")
        if amount != payment.amount:
            raise DomainError(
                f"Esta solicitud es por {money(payment.amount)} exactos y usted escribió {money(amount)}. "
                "No se registró nada." + _change(amount - payment.amount),
                "monto",
            )
        _hold_its_policy(payment)
        payment.move_to(PaymentState.APPROVED)
        payment.resolved_at = clock.now()
        payment.purchase.move_to(PurchaseState.PAID)
        if payment.purchase.quote.is_plan_change:
            return _receive_for_plan(payment, amount, agency, actor)
        if issuing.is_refused(payment.purchase.quote):
            payment.reason = NOT_SOLD
            return _record_to_return(payment, amount, agency, actor)
        receipt = _record(payment, amount, agency, actor, issues=True)
        policy = issuing.issue(payment)
        _mail_receipt(receipt, policy)
        session.flush()
        audit.record(
            actor,
            "cash.receive",
            receipt.number,
            slip=payment.number,
            amount=str(amount),
            agency=agency.code,
            policy=policy.number,
        )
        renewing.check_still(payment.purchase.quote)
    return receipt.number


def _change(over: Decimal) -> str:
    return f" Si eso le dieron, dé {money(over)} de vuelto y escriba el monto exacto." if over > 0 else ""


def _receive_for_plan(payment: Payment, amount: Decimal, agency: Agency, actor: Actor) -> str:
    """The number of the receipt of money for another plan of a policy, which changes; else it goes back."""
    endorsement = plan_changing.carry_out(payment)
    if endorsement is None:
        payment.reason = NOT_SOLD
        return _record_to_return(payment, amount, agency, actor)
    receipt = _record(payment, amount, agency, actor, issues=True)
    _mail_receipt(receipt, endorsement.policy)
    db.session.flush()
    told = {"slip": payment.number, "amount": str(amount), "agency": agency.code, "policy": endorsement.policy.number}
    audit.record(actor, "cash.receive", receipt.number, **told, endorsement=endorsement.number)
    plan_changing.check_unclaimed(endorsement.policy)
    return receipt.number


def _receive_to_return(number: str, amount: Decimal, actor: Actor) -> str:
    with writing():
        agency, payment = _at_counter(number, actor)
        if standing(payment.state, payment.due_at, clock.now()) is SlipState.PAYABLE:
            raise NotAllowed("Esta solicitud todavía se puede cobrar: registre el cobro y se emite la póliza.")
        if not 0 < amount <= payment.amount:
            raise DomainError(
                f"Escriba lo que recibió, hasta {money(payment.amount)}. Si le dieron más, entregue el vuelto ahora.",
                "monto",
            )
        return _record_to_return(payment, amount, agency, actor)


def _at_counter(number: str, actor: Actor) -> tuple[Agency, Payment]:
    """Where the actor works and the slip, whose money nobody took yet and in which the actor has no part."""
    agency, payment = agencies.of_member(actor), slip(number)
    conflicts_of_interest.check_none(actor, payment.purchase)
    taken = receipt_facts.standing_of(payment)
    if taken is not None:
        raise AlreadyReceived(taken)
    return agency, payment


def _hold_its_policy(payment: Payment) -> None:
    """Of another plan, before the slip is written: in the order in which whoever gives it up does."""
    quote = payment.purchase.quote
    if quote.is_plan_change and quote.policy:
        policies.hold(quote.policy)


def _record(payment: Payment, amount: Decimal, agency: Agency, actor: Actor, *, issues: bool) -> CashReceipt:
    db.session.flush()  # first the slip: whoever comes second stops there, before any number is taken
    receipt = CashReceipt(
        number=next_number("RC"),
        payment=payment,
        amount=amount,
        agency_code=agency.code,
        received_by_id=actor.account_id,
        received_at=clock.now(),
        issues=issues,
    )
    db.session.add(receipt)
    db.session.flush()
    return receipt


def _record_to_return(payment: Payment, amount: Decimal, agency: Agency, actor: Actor) -> str:
    """The number of the receipt of money that buys nothing, with its refund."""
    receipt = _record(payment, amount, agency, actor, issues=False)
    refund = refunds.open_for(receipt)
    _mail_refund(receipt, refund)
    audit.record(
        actor,
        "cash.receive_to_return",
        receipt.number,
        slip=payment.number,
        amount=str(amount),
        agency=agency.code,
        refund=refund.number,
    )
    return receipt.number


def _mail_receipt(receipt: CashReceipt, policy: Policy) -> None:
    facts = receipt_facts.of(receipt)
    mail = PaymentReceipt(
        receipt=receipt,
        policy=policy,
        product=facts.product,
        plan=facts.plan,
        agency=facts.agency,
        chosen=facts.chosen if facts.at_another_agency else None,
    )
    paper = store.order(kinds.RECEIPT, receipt)
    outgoing.queue_for_buyer(mail, receipt.payment.purchase, policy=policy, attachments=[paper])


def _mail_refund(receipt: CashReceipt, refund: Refund) -> None:
    facts = receipt_facts.of(receipt)
    mail = RefundOpened(
        refund=refund, receipt=receipt, agency=facts.agency, holder=facts.quote.holder, why_not=facts.why_not
    )
    paper = store.order(kinds.RECEIPT, receipt)
    outgoing.queue_for_buyer(mail, receipt.payment.purchase, attachments=[paper])


def _once(work: Callable[[], str], actor: Actor, shown: datetime | None) -> str:
    try:
        return judged_anew(work)
    except AlreadyReceived as error:
        made = error.receipt
        if made.received_by_id == actor.account_id and shown is not None and made.received_at > shown:
            return made.number
        raise
