"""Cash that is given back at an agency: opened by a rule, and handed over there (hand_over.py)."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.backlog import Noun
from portal.domain.decision import DecisionKind
from portal.domain.errors import NotAllowed
from portal.domain.identity import DocumentType, Identity
from portal.domain.purchase import PaymentMethod
from portal.domain.refund import RefundState
from portal.extensions import db
from portal.models import Account, CashReceipt, CodePurpose, Payment, Person, Refund
from portal.models.transaction import NOT_THE_KEY
from portal.services.authentication import one_time_codes
from portal.services.catalogue import agencies
from portal.services.controls import conflicts_of_interest
from portal.services.messaging import outgoing
from portal.services.messaging.mails.cash import RefundCode, RefundPaid
from portal.services.messaging.mails.mail import Mail
from portal.services.payments import bank_refunds
from portal.services.payments.hand_over import CashHandOver, Recipient, Words
from portal.services.platform import audit
from portal.services.platform.numbering import next_number


class CashRefund(CashHandOver[Refund]):
    """Money of a receipt that bought nothing, collected where it was paid."""

    name = "refund"
    model = Refund
    states = RefundState
    decision = DecisionKind.CASH_REFUND
    purpose = CodePurpose.REFUND
    noun = Noun("devolución por entregar", "devoluciones por entregar")
    words = Words(
        not_found="No encontramos esa devolución en su agencia.",
        handed="La devolución {} ya se entregó: falta que otra persona lo confirme.",
        gone="La devolución {} ya no está por entregar.",
        edited="La devolución cambió: pida un código nuevo.",
    )

    def recipients(self, rows: Sequence[Refund]) -> dict[int, Recipient]:
        query = (
            select(Refund.id, Account.email, Person)
            .join(Account, Account.id == Refund.account_id)
            .join(Person, Person.id == Account.person_id)
            .where(Refund.id.in_([row.id for row in rows]))
        )
        found = db.session.execute(query)
        owners = {key: Recipient(person.full_name, person.identity, email) for key, email, person in found}
        heirs = (row for row in rows if row.payee_email)
        whose = {key: f"{owner.name}, {owner.identity}" for key, owner in owners.items()}
        return owners | {row.id: replace(_heir(row), owner=whose[row.id]) for row in heirs}

    def mail_code(self, row: Refund, digits: str) -> None:
        code = one_time_codes.just_issued(CodePurpose.REFUND, row.id)
        _tell(row, RefundCode(secret=digits, code=code, refund=row, agency=agencies.by_code(row.agency_code)))

    def check_no_part(self, row: Refund, actor: Actor) -> None:
        conflicts_of_interest.check_none(actor, row.payment.purchase)
        if row.payee_email:
            conflicts_of_interest.check_is_not(actor, _heir(row).identity)

    def hold(self, row: Refund) -> None:
        """Handing over and reversing the receipt look at what the other writes."""
        db.session.refresh(row, with_for_update=NOT_THE_KEY)

    def on_handed_over(self, row: Refund, actor: Actor) -> None:
        if bank_refunds.made_after_the_end(row) is not None:
            bank_refunds.tell_twice(row)
        _tell(row, RefundPaid(refund=row, agency=agencies.by_code(row.agency_code)))

    def on_not_handed_over(self, row: Refund, actor: Actor) -> None:
        """Its cash waits as before, unless the bank had made one before it after all."""
        if bank_refunds.made_after_the_end(row) is not None and bank_refunds.set_aside(row):
            bank_refunds.end_as_made(row, actor)


CASH_REFUND = CashRefund()


def _heir(refund: Refund) -> Recipient:
    """Who collects it in place of an owner who died (heirs.py)."""
    document = Identity(refund.document_type or DocumentType.DNI, refund.document_number or "")
    return Recipient(refund.payee_name or "", document, refund.payee_email or "")


def _tell(refund: Refund, mail: Mail) -> None:
    if refund.payee_email:
        outgoing.queue(mail, to=refund.payee_email, account=None)
    else:
        outgoing.queue_for_buyer(mail, refund.payment.purchase)


def open_for(receipt: CashReceipt) -> Refund:
    """The refund of money that bought nothing, to be collected where it was paid; in the present transaction."""
    refund = Refund(
        number=next_number("DV"),
        account_id=receipt.payment.purchase.account_id,
        payment=receipt.payment,
        receipt_id=receipt.id,
        amount=receipt.amount,
        state=RefundState.AWAITING_COLLECTION,
        method=PaymentMethod.CASH,
        agency_code=receipt.agency_code,
    )
    db.session.add(refund)
    db.session.flush()
    return refund


def open_part(payment: Payment, amount: Decimal, agency: Agency, actor: Actor) -> Refund:
    """Give `amount` soles of what was paid in cash back, at that agency; in the present transaction, whose caller tells
    the customer. Raises NotAllowed."""
    bank_refunds.hold_left(payment, amount)
    refund = Refund(
        number=next_number("DV"),
        account_id=payment.purchase.account_id,
        payment=payment,
        amount=amount,
        state=RefundState.AWAITING_COLLECTION,
        method=PaymentMethod.CASH,
        agency_code=agency.code,
    )
    db.session.add(refund)
    db.session.flush()
    audit.record(actor, "refund.open", refund.number, amount=str(amount), payment=payment.number, agency=agency.code)
    return refund


def void(receipt: CashReceipt) -> Refund:
    """The refund of a receipt that is reversed has no effect, in the present transaction. Raises NotAllowed once the
    money is being given back."""
    refund = db.session.scalars(select(Refund).where(Refund.receipt_id == receipt.id)).one()
    if not bank_refunds.set_aside(refund):
        raise NotAllowed(f"La devolución {refund.number} de este recibo ya se entregó: el recibo no se puede anular.")
    return refund
