"""Refunds by the bank: part or all of a charge, given back to the account that it charged or, when the bank refuses
that, to another account of the same person. Source: docs/rules.md, Money out."""

from decimal import Decimal

from sqlalchemy import ColumnElement, func, or_, select, type_coerce
from sqlalchemy.orm import aliased

from portal.domain import clock
from portal.domain.actor import SYSTEM, Actor
from portal.domain.cci import Cci
from portal.domain.decision import DecisionKind
from portal.domain.errors import NotAllowed
from portal.domain.formats import money
from portal.domain.payment import PaymentState
from portal.domain.purchase import PaymentMethod
from portal.domain.refund import GAVE_NOTHING, RefundState
from portal.extensions import db
from portal.integrations.bank import Approved, Declined, NotSent, PayoutOrder, RefundOrder
from portal.models import Decision, Payment, Refund
from portal.models.transaction import NOT_THE_KEY
from portal.models.types import Money
from portal.services.controls import conflicts_of_interest, four_eyes
from portal.services.messaging import outgoing
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.mails.servicing import RefundArrived, RefundedTwice, RefundRefused
from portal.services.payments import money_out, sending, settling
from portal.services.payments.money_out import MOVED_AFTER_THE_END, MoneyOut
from portal.services.platform import outbox
from portal.services.platform.job_families import Part
from portal.services.platform.numbering import next_number
from portal.services.policies import renewing

_JOB = outbox.Job("refunds", "workers.refunds.refund")
_LONGEST_NAME = 120  # of a payee, at the bank


class BankRefund(MoneyOut[Refund]):
    """Money of a charge that goes back to the account it came from, or is paid to another of its owner."""

    name = "refund"
    model = Refund
    states = RefundState
    done = RefundState.DONE
    refused = RefundState.REFUSED
    not_sent = RefundState.REFUSED
    job = _JOB
    decision = DecisionKind.REFUND_REVIEW
    already_moved = "El banco ya informó que hizo esta devolución, con el número {}: no se puede cerrar como no hecha."
    already_used = "Ese número del banco ya corresponde a la devolución {}: revíselo con el banco."

    def order(self, row: Refund) -> RefundOrder | PayoutOrder:
        if row.cci is None or row.document_type is None:
            return RefundOrder(str(row.payment.charge_id), row.amount, row.number)
        name, document = str(row.payee_name), str(row.document_number)
        return PayoutOrder(row.amount, row.number, name, row.document_type.value, document, cci=row.cci)

    def may_be_sent(self, row: Refund) -> bool:
        """Not once the bank said of another that ended before it that it was made, and gave the same back."""
        return made_after_the_end(row) is None

    def on_approved(self, row: Refund, actor: Actor) -> None:
        if row.change_id is not None:
            _tell(RefundArrived(refund=row), row)
        if made_after_the_end(row) is not None:
            tell_twice(row)
        super().on_approved(row, actor)

    def on_refused(self, row: Refund, outcome: Declined, actor: Actor) -> None:
        self._ask_otherwise(row, actor)
        super().on_refused(row, outcome, actor)

    def on_not_sent(self, row: Refund, outcome: NotSent) -> None:
        self._ask_otherwise(row, SYSTEM)
        super().on_not_sent(row, outcome)

    def _ask_otherwise(self, row: Refund, actor: Actor) -> None:
        """Of a policy's change: its owner chooses another way, unless the bank had made one before it after all. What
        bought nothing is the desk's (late_charges.py)."""
        if row.change_id is not None and not end_as_made(row, actor):
            _tell(RefundRefused(refund=row), row)

    def on_approved_after_the_end(self, row: Refund, outcome: Approved) -> None:
        """It gave the money back after all, and what waits at an agency for the same has no effect. What another way
        has given, or is giving, went out twice, or may: the desk sees to it (refunded_twice)."""
        db.session.refresh(row.payment, with_for_update=NOT_THE_KEY)
        db.session.refresh(row)
        if row.state is self.done or row.reason == MOVED_AFTER_THE_END:
            return  # the bank says it again
        other = given_besides(row)
        if row.state is self.refused and not _returned_by_people(row) and (other is None or set_aside(other)):
            db.session.flush()  # of two rows that give the same, the other stands aside first
            settling.conclude(self, row, outcome, SYSTEM)
            return
        if other is not None and other.state is RefundState.DONE:
            tell_twice(row)
        super().on_approved_after_the_end(row, outcome)

    def check_no_part(self, row: Refund, actor: Actor) -> None:
        conflicts_of_interest.check_none(actor, row.payment.purchase)


BANK_REFUND = BankRefund()


def _tell(mail: Mail, row: Refund) -> None:
    """Its owner reads it; nobody where that has died: an heir comes to the desk (heirs.py)."""
    if not renewing.has_died(row.payment.purchase.account.person):
        outgoing.queue_for_buyer(mail, row.payment.purchase)


def open_for(payment: Payment, amount: Decimal, actor: Actor) -> Refund:
    """Give `amount` soles of a charge back, in the present transaction; a worker sends it to the bank after the commit.

    All refunds of a charge together never exceed it. Raises NotAllowed.
    """
    hold_left(payment, amount)
    if payment.state is not PaymentState.APPROVED or payment.method is not PaymentMethod.ACCOUNT:
        raise NotAllowed(f"El pago {payment.number} no se cobró a una cuenta: el banco no puede devolverlo.")
    return _begin(_new(payment, amount), actor)


def open_instead(refused: Refund, cci: Cci, actor: Actor) -> Refund:
    """Pay what the bank would not give back to another account of who paid it, in the present transaction; a worker
    sends it to the bank after the commit. Raises NotAllowed."""
    payment = refused.payment
    hold_left(payment, refused.amount)
    owner = payment.purchase.account.person
    refund = _new(payment, refused.amount)
    refund.change_id, refund.instead_of_id, refund.cci = refused.change_id, refused.id, cci.number
    refund.payee_name = owner.full_name[:_LONGEST_NAME]
    refund.document_type, refund.document_number = owner.identity.document_type, owner.identity.number
    return _begin(refund, actor)


def _new(payment: Payment, amount: Decimal) -> Refund:
    return Refund(
        number=next_number("DV"),
        account_id=payment.purchase.account_id,
        payment=payment,
        amount=amount,
        state=RefundState.CREATED,
        method=PaymentMethod.ACCOUNT,
    )


def _begin(refund: Refund, actor: Actor) -> Refund:
    db.session.add(refund)
    money_out.begin(BANK_REFUND, refund, actor, payment=refund.payment.number)
    return refund


def made_after_the_end(refund: Refund) -> Refund | None:
    """Another that gives the same back, had ended as not made, and was made all the same."""
    made = Refund.reason == MOVED_AFTER_THE_END
    return db.session.scalars(select(Refund).where(of_the_same(refund), made).limit(1)).one_or_none()


def end_as_made(refund: Refund, actor: Actor) -> bool:
    """It gives nothing back: whether another had, that the bank made after its end. That one is done, then."""
    made = made_after_the_end(refund)
    if made is None or made.state is not RefundState.REFUSED:
        return False
    db.session.flush()  # of two rows that give the same, the other stands aside first
    settling.conclude(BANK_REFUND, made, Approved(str(made.bank_id), "", clock.now()), actor)
    return True


def given_besides(refund: Refund) -> Refund | None:
    """Another that gives the same back, or still can."""
    stands = Refund.state.not_in(GAVE_NOTHING)
    return db.session.scalars(select(Refund).where(of_the_same(refund), stands)).one_or_none()


def set_aside(cash: Refund) -> bool:
    """Nothing is collected any more, in the present transaction, whose caller records why. False for what does not
    wait at an agency, and once somebody says that it was handed over."""
    db.session.refresh(cash, with_for_update=NOT_THE_KEY)
    is_handed = four_eyes.proposed(DecisionKind.CASH_REFUND, cash.id) is not None
    if cash.state is not RefundState.AWAITING_COLLECTION or is_handed:
        return False
    cash.move_to(RefundState.VOID)
    cash.resolved_at = clock.now()
    return True


def tell_twice(refund: Refund) -> None:
    """The person has the money twice: they read it from us first, and the desk calls them."""
    _tell(RefundedTwice(refund=refund), refund)


def _returned_by_people(refund: Refund) -> bool:
    """Whether two wrote down that the bank gave this charge back by its own channel (late_charges.py)."""
    accepted = (Decision.kind == DecisionKind.LATE_CHARGE) & Decision.accepted.is_(True)
    found = select(Decision.id).where(Decision.subject_id == refund.payment_id, accepted).limit(1)
    return db.session.scalar(found) is not None


def of_the_same(refund: Refund) -> ColumnElement[bool]:
    """Whether another gives the same money back: a condition."""
    first = refund.instead_of_id or refund.id
    return or_(Refund.id == first, Refund.instead_of_id == first) & (Refund.id != refund.id)


def hold_left(payment: Payment, amount: Decimal) -> None:
    """Hold the payment in the present transaction, of which `amount` soles are to be given back. All that is given back
    of one never exceeds it. Raises NotAllowed."""
    db.session.refresh(payment, with_for_update=NOT_THE_KEY)  # of two at once, the second sees the first
    left = left_of(payment)
    if not 0 < amount <= left:
        raise NotAllowed(f"Del pago {payment.number} se puede devolver hasta {money(left)}, no {money(amount)}.")


def left_of(payment: Payment) -> Decimal:
    """What of a payment was not given back, nor is being: in soles."""
    return max(db.session.execute(select(left()).where(Payment.id == payment.id)).scalar_one(), Decimal(0))


def left() -> ColumnElement[Decimal]:
    """The same, as a column of a query of payments; below zero where more went out than was to. Of all that give the
    same back the first that does is counted: what went out twice is the desk's to get back."""
    earlier = aliased(Refund)
    same = _first(earlier) == _first(Refund)
    counted = select(earlier.id).where(earlier.payment_id == Refund.payment_id, same, gives(earlier))
    is_first = ~counted.where(earlier.id < Refund.id).exists()
    its = select(func.coalesce(func.sum(Refund.amount), 0))
    given = its.where(Refund.payment_id == Payment.id, gives(Refund), is_first)
    return type_coerce(Payment.amount - given.correlate(Payment).scalar_subquery(), Money)


def _first(row: type[Refund]) -> ColumnElement[int]:
    """The first of all that give the same money back."""
    return func.coalesce(row.instead_of_id, row.id)


def gives(row: type[Refund]) -> ColumnElement[bool]:
    """Whether its money went back, or still can: a condition."""
    return row.state.not_in(GAVE_NOTHING) | row.reason.is_not_distinct_from(MOVED_AFTER_THE_END)


def refund(refund_id: int, outbox_id: int) -> None:
    """Give the money back (the worker's job)."""
    sending.send(BANK_REFUND, refund_id, outbox_id)


REFUNDS = money_out.family(
    BANK_REFUND,
    refund,
    Part("La devolución por el banco", "está detenida", "Las devoluciones esperan; ninguna se hace dos veces."),
    "Devolución por el banco",
)
