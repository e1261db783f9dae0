"""Refunds by the bank: part or all of a charge, given back to the account that it charged. Source: docs/rules.md, Money
out."""

from decimal import Decimal

from sqlalchemy import func, literal, select

from portal.domain.actor import SYSTEM, Actor
from portal.domain.decision import DecisionKind
from portal.domain.errors import NotAllowed
from portal.domain.formats import money
from portal.domain.payment import PaymentState
from portal.domain.purchase import PaymentMethod
from portal.domain.refund import GAVE_NOTHING, RefundState
from portal.extensions import db
from portal.integrations.bank import Approved, Declined, NotSent, RefundOrder
from portal.models import OutboxRow, Payment, Refund
from portal.models.transaction import NOT_THE_KEY
from portal.services.controls import conflicts_of_interest
from portal.services.payments import sending
from portal.services.payments.money_movement import MoneyMovement
from portal.services.platform import audit, outbox
from portal.services.platform.job_families import JobFamily, Part, desk_line
from portal.services.platform.numbering import next_number

_JOB = outbox.Job("refunds", "workers.refunds.refund")


class BankRefund(MoneyMovement[Refund]):
    """One that the bank refuses ends; another way to give the money back is another row."""

    name = "refund"
    model = Refund
    states = RefundState
    done = RefundState.DONE
    refused = RefundState.REFUSED
    not_sent = RefundState.REFUSED
    job = _JOB
    decision = DecisionKind.REFUND_REVIEW

    def order(self, row: Refund) -> RefundOrder:
        return RefundOrder(str(row.payment.charge_id), row.amount, row.number)

    def on_approved(self, row: Refund, actor: Actor) -> None:
        audit.record(actor, "refund.done", row.number, amount=str(row.amount))

    def on_refused(self, row: Refund, outcome: Declined, actor: Actor) -> None:
        audit.record(actor, "refund.refused", row.number, amount=str(row.amount), reason=outcome.code)

    def on_not_sent(self, row: Refund, outcome: NotSent) -> None:
        audit.record(SYSTEM, "refund.refused", row.number, amount=str(row.amount), reason=outcome.reason)

    def on_unknown(self, row: Refund) -> None:
        audit.record(SYSTEM, "refund.unknown", row.number)

    def on_review(self, row: Refund) -> None:
        audit.record(SYSTEM, "refund.in_review", row.number, reason=row.reason)

    def on_approved_after_the_end(self, row: Refund, outcome: Approved) -> None:
        self.keep(row, outcome)
        audit.record(SYSTEM, "refund.done_after_the_end", row.number, refund=outcome.bank_id)

    def check_no_part(self, row: Refund, actor: Actor) -> None:
        conflicts_of_interest.check_none(actor, row.payment.purchase)


BANK_REFUND = BankRefund()


def open_for(payment: Payment, amount: Decimal, actor: Actor) -> Refund:
    """Give `amount` soles of a charge back, in the present transaction; a worker sends it to the bank after the commit.

    All refunds of a charge together never exceed it. Raises NotAllowed.
    """
    db.session.refresh(payment, with_for_update=NOT_THE_KEY)  # of two at once, the second sees the first
    if payment.state is not PaymentState.APPROVED or payment.method is not PaymentMethod.ACCOUNT:
        raise NotAllowed(f"El pago {payment.number} no se cobró a una cuenta: el banco no puede devolverlo.")
    left = left_of(payment)
    if not 0 < amount <= left:
        raise NotAllowed(f"Del pago {payment.number} se puede devolver hasta {money(left)}, no {money(amount)}.")
    refund = Refund(
        number=next_number("DV"),
        account_id=payment.purchase.account_id,
        payment=payment,
        amount=amount,
        state=RefundState.CREATED,
        method=PaymentMethod.ACCOUNT,
    )
    db.session.add(refund)
    sending.intend(BANK_REFUND, refund)
    audit.record(actor, "refund.send", refund.number, amount=str(amount), payment=payment.number)
    return refund


def left_of(payment: Payment) -> Decimal:
    """What of a charge was not given back, nor is being: in soles."""
    given = select(func.sum(Refund.amount)).where(Refund.payment_id == payment.id, Refund.state.not_in(GAVE_NOTHING))
    return payment.amount - (db.session.scalar(given) or Decimal(0))


def refund(refund_id: int, outbox_id: int) -> None:
    """Give the money back (the worker's job)."""
    sending.send(BANK_REFUND, refund_id, outbox_id)


REFUNDS = JobFamily(
    job=BANK_REFUND.job,
    work=refund,
    part=Part("La devolución por el banco", "está detenida", "Las devoluciones esperan; ninguna se hace dos veces."),
    on_given_up=outbox.concerns_nobody,  # it stays in process until somebody tries it again
    line=desk_line(literal("Devolución por el banco"), Refund.number).join(Refund, Refund.id == OutboxRow.subject_id),
    why=lambda _reason: "No se pudo completar con el banco en ningún intento.",
    owe_again=lambda row_id: outbox.requeue(BANK_REFUND.job_key(row_id)),
)
