"""Payments that the bank left without an outcome, at the staff's desk (docs/rules.md, Money moves once, 1.5).

The portal asks by itself for a day. What remains then is in review: one of the staff writes down what the bank said,
a supervisor who is somebody else confirms it, and only that moves the payment. Of a charge that the bank told of when
its payment had ended, they write down that the money was given back; the payment stays as it ended. The runbook is
docs/runbooks/payments-in-review.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payment import UNCHARGED_STATES, PaymentState
from portal.extensions import db
from portal.integrations.bank import Approved, Declined
from portal.models import Account, Decision, Payment, Person
from portal.models.transaction import writing
from portal.services.controls import conflicts_of_interest, four_eyes
from portal.services.payments import settling
from portal.services.platform import audit

RETURNED = "returned"
# Proposed, accepted, rejected: as the audit calls it.
_ACTIONS = {
    DecisionKind.PAYMENT_REVIEW: ("payment_review.propose", "payment_review.accept", "payment_review.reject"),
    DecisionKind.LATE_CHARGE: ("late_charge.propose", "late_charge.accept", "late_charge.reject"),
}
_WAITING = (PaymentState.UNKNOWN, PaymentState.IN_REVIEW)
_MOST = 200  # more than that at once is no list for people but a fault of the bank's; the oldest come first


@dataclass(frozen=True, slots=True)
class Review:
    """A payment without outcome, or whose charge is owed back; what is proposed about it, and the name of who proposed
    it. `returns`: what two have said that the bank gave back, the newest first."""

    payment: Payment
    is_owed_back: bool
    proposal: Decision | None = None
    proposer: str = ""
    returns: Sequence[Decision] = ()


def waiting() -> Sequence[Review]:
    """Every payment whose outcome is not known, or whose charge is to be given back, the oldest first."""
    rows = db.session.execute(
        select(Payment, Decision, Person)
        .outerjoin(
            Decision,
            (Decision.subject_id == Payment.id) & Decision.kind.in_(_ACTIONS) & Decision.decided_at.is_(None),
        )
        .outerjoin(Account, Account.id == Decision.proposed_by_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(Payment.state.in_(_WAITING) | owed_back())
        .order_by(Payment.sent_at)
        .limit(_MOST)
    )
    return [
        Review(payment, payment.was_charged_late, decision, proposer.full_name if proposer else "")
        for payment, decision, proposer in rows
    ]


def owed_back() -> ColumnElement[bool]:
    """Whether the bank charged a payment that had ended, and nobody has given that charge back yet."""
    other = aliased(Decision)  # than what is proposed now
    given_back = select(other.id).where(
        other.kind == DecisionKind.LATE_CHARGE,
        other.subject_id == Payment.id,
        other.accepted.is_(True),
        other.proposal["charge"].as_string() == Payment.charge_id,
    )
    return Payment.state.in_(UNCHARGED_STATES) & Payment.authorization_code.is_not(None) & ~given_back.exists()


def one(number: str) -> Review:
    """The payment `number`, whatever became of it since. Raises NotFound when it never was without outcome."""
    payment = _payment(number)
    if payment.state not in _WAITING and payment.in_review_at is None and not payment.was_charged_late:
        raise NotFound
    proposal = four_eyes.proposed(_kind(payment), payment.id)
    proposer = db.session.get_one(Account, proposal.proposed_by_id).person.full_name if proposal else ""
    returns = _returns(payment) if payment.was_charged_late else ()
    return Review(payment, _is_owed_back(payment), proposal, proposer, returns)


def propose(number: str, *, was_charged: bool, reference: str, note: str, actor: Actor) -> None:
    """Write down what the bank told people: `reference` is the charge's number, or that of the bank's answer when
    nothing was charged. It moves nothing until somebody else confirms it. Of a payment that owes its policy the charge
    is known: what is proposed is to issue it. Of a charge to give back, `reference` is that of the bank's return.

    Raises DomainError on the field `referencia`, or on none when the bank told the portal of a charge; NotAllowed.
    """
    with writing():
        payment = _open(number)
        conflicts_of_interest.check_none(actor, payment.purchase)
        if payment.owes_policy:
            was_charged, reference = True, str(payment.charge_id)
        outcome = _outcome(payment, reference, was_charged=was_charged)
        proposal = {"outcome": outcome, "reference": reference, "amount": str(payment.amount)}
        if payment.was_charged_late:
            proposal["charge"] = str(payment.charge_id)  # the bank may tell of another one when this is given back
        kind = _kind(payment)
        four_eyes.propose(kind, payment.id, proposal, note, actor)
        audit.record(actor, _ACTIONS[kind][0], number, outcome=outcome, reference=reference)


def decide(number: str, actor: Actor, *, shown: int | None, accepted: bool) -> None:
    """Confirm what is proposed, and end the payment so in the same commit; or turn it down, and leave it in review.

    `shown` is the proposal that the page showed. Raises NotAllowed for the proposer, for who is no supervisor and for
    who has a part in the purchase; DomainError when something else is proposed by now.
    """
    with writing():
        payment = _open(number)
        conflicts_of_interest.check_none(actor, payment.purchase)
        decision = four_eyes.decide(_kind(payment), payment.id, actor, accepted=accepted)
        if decision.id != shown:
            raise DomainError("Lo propuesto cambió mientras usted lo leía. Léalo otra vez antes de decidir.")
        told = {"proposed_by": decision.proposed_by_id, "reference": decision.proposal["reference"]}
        if accepted:
            _conclude(payment, decision, actor)
        audit.record(actor, _ACTIONS[decision.kind][1 if accepted else 2], number, **told)
        if accepted and decision.kind is DecisionKind.LATE_CHARGE:
            # After the audit row, for which writers wait: two payments by one return see each other.
            _check_return_is_free(told["reference"], decision.proposal["charge"])


def _conclude(payment: Payment, decision: Decision, actor: Actor) -> None:
    reference = decision.proposal["reference"]
    if decision.kind is DecisionKind.LATE_CHARGE:
        settling.tell(payment, "charge_returned", reference=reference)
    elif decision.proposal["outcome"] == PaymentState.APPROVED:
        code = payment.authorization_code if payment.charge_id == reference else None
        settling.conclude(payment, Approved(reference, code or "", clock.now()), actor)
        # Asked last: the audit row makes writers wait for each other, so two payments by one charge see each other.
        _check_charge_is_free(reference, payment)
    else:
        _check_no_charge_is_known(payment)  # the bank's answer may have come after the proposal
        settling.conclude(payment, Declined("", "not_charged", ""), actor)


def _outcome(payment: Payment, reference: str, *, was_charged: bool) -> str:
    """What is proposed, in one word. Raises DomainError."""
    if payment.was_charged_late:
        _check_return_is_free(reference, str(payment.charge_id))
        return RETURNED
    if was_charged:
        _check_charge_is_free(reference, payment)
        return PaymentState.APPROVED.value
    _check_no_charge_is_known(payment)
    return PaymentState.DECLINED.value


def _kind(payment: Payment) -> DecisionKind:
    return DecisionKind.LATE_CHARGE if payment.was_charged_late else DecisionKind.PAYMENT_REVIEW


def _is_owed_back(payment: Payment) -> bool:
    return payment.was_charged_late and bool(db.session.scalar(select(owed_back()).where(Payment.id == payment.id)))


def _returns(payment: Payment) -> Sequence[Decision]:
    accepted = (Decision.kind == DecisionKind.LATE_CHARGE) & Decision.accepted.is_(True)
    return db.session.scalars(
        select(Decision).where(Decision.subject_id == payment.id, accepted).order_by(Decision.id.desc())
    ).all()


def _open(number: str) -> Payment:
    payment = _payment(number)
    if _is_owed_back(payment):
        return payment
    if payment.state is PaymentState.UNKNOWN:
        raise NotAllowed("El portal todavía le está preguntando al banco: espere a que termine.")
    if payment.state is not PaymentState.IN_REVIEW:
        raise NotAllowed("Este pago ya se resolvió: no queda nada por confirmar.")
    return payment


def _payment(number: str) -> Payment:
    payment = db.session.scalars(select(Payment).where(Payment.number == number)).one_or_none()
    if payment is None:
        raise NotFound
    return payment


def _check_no_charge_is_known(payment: Payment) -> None:
    """An approval that came late is kept beside the review: money that moved can't be called "not charged"."""
    if payment.charge_id is not None:
        raise DomainError(
            f"El banco ya informó que cobró este pago, con el cargo {payment.charge_id}: no se puede cerrar como no "
            "cobrado. Compruébelo con el banco y proponga que sí cobró, con ese número."
        )


def _check_charge_is_free(charge_id: str, payment: Payment) -> None:
    """One charge pays one policy: the same number can't confirm two payments."""
    other = db.session.scalars(
        select(Payment.number).where(Payment.charge_id == charge_id, Payment.id != payment.id)
    ).first()
    if other is not None:
        raise DomainError(f"Ese cargo ya corresponde al pago {other}: revise el número con el banco.", "referencia")


def _check_return_is_free(reference: str, charge: str) -> None:
    """One return of the bank gives back one charge: the same number can't close two."""
    other = db.session.scalars(
        select(Payment.number)
        .join(Decision, Decision.subject_id == Payment.id)
        .where(
            Decision.kind == DecisionKind.LATE_CHARGE,
            Decision.accepted.is_(True),
            Decision.proposal["reference"].as_string() == reference,
            Decision.proposal["charge"].as_string() != charge,
        )
    ).first()
    if other is not None:
        raise DomainError(
            f"Con esa devolución ya se cerró un cobro del pago {other}: revise el número con el banco.", "referencia"
        )
