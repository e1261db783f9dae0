"""Payments that the bank left without an outcome, at the staff's desk (guarantees.md, section 1.5).

The portal asks by itself for a day. What remains then is in review: one of the staff writes down what the bank said,
a supervisor who is somebody else confirms it, and only that moves the payment. The runbook is
docs/runbooks/payments-in-review.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.integrations.bank import Approved, Declined
from portal.models import Account, Decision, Payment, Person
from portal.models.transaction import writing
from portal.services import audit, decisions, interests, settling

_KIND = DecisionKind.PAYMENT_REVIEW
_WAITING = (PaymentState.UNKNOWN, PaymentState.IN_REVIEW)
_MOST = 200  # more than that at once is no list for people but a fault of the bank's; the oldest come first


@dataclass(frozen=True, slots=True)
class Review:
    """A payment without outcome, what is proposed about it, and the name of who proposed it."""

    payment: Payment
    proposal: Decision | None = None
    proposer: str = ""


def waiting() -> Sequence[Review]:
    """Every payment whose outcome is not known, the oldest first: being asked about, and in review."""
    rows = db.session.execute(
        select(Payment, Decision, Person)
        .outerjoin(
            Decision, (Decision.subject_id == Payment.id) & (Decision.kind == _KIND) & Decision.decided_at.is_(None)
        )
        .outerjoin(Account, Account.id == Decision.proposed_by_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(Payment.state.in_(_WAITING))
        .order_by(Payment.sent_at)
        .limit(_MOST)
    )
    return [Review(payment, decision, proposer.full_name if proposer else "") for payment, decision, proposer in rows]


def one(number: str) -> Review:
    """The payment `number`, whatever became of it since. Raises NotFound when it never was without outcome."""
    payment = _payment(number)
    if payment.state not in _WAITING and payment.in_review_at is None:
        raise NotFound
    proposal = decisions.proposed(_KIND, payment.id)
    proposer = db.session.get_one(Account, proposal.proposed_by_id).person.full_name if proposal else ""
    return Review(payment, proposal, proposer)


def propose(number: str, *, was_charged: bool, reference: str, note: str, actor: Actor) -> None:
    """Write down what the bank told people: `reference` is the charge's number, or that of the bank's answer when
    nothing was charged. It moves nothing until somebody else confirms it. Of a payment that owes its policy the charge
    is known: what is proposed is to issue it.

    Raises DomainError on the field `referencia`, or on none when the bank told the portal of a charge; NotAllowed.
    """
    with writing():
        payment = _in_review(number)
        interests.check_none(actor, payment.purchase)
        if payment.owes_policy:
            was_charged, reference = True, str(payment.charge_id)
        if was_charged:
            _check_charge_is_free(reference, payment)
        else:
            _check_no_charge_is_known(payment)
        outcome = PaymentState.APPROVED if was_charged else PaymentState.DECLINED
        proposal = {"outcome": outcome.value, "reference": reference, "amount": str(payment.amount)}
        decisions.propose(_KIND, payment.id, proposal, note, actor)
        audit.record(actor, "payment_review.propose", number, outcome=outcome.value, reference=reference)


def decide(number: str, actor: Actor, *, shown: int | None, accepted: bool) -> None:
    """Confirm what is proposed, and end the payment so in the same commit; or turn it down, and leave it in review.

    `shown` is the proposal that the page showed. Raises NotAllowed for the proposer, for who is no supervisor and for
    who has a part in the purchase; DomainError when something else is proposed by now.
    """
    with writing():
        payment = _in_review(number)
        interests.check_none(actor, payment.purchase)
        decision = decisions.decide(_KIND, payment.id, actor, accepted=accepted)
        if decision.id != shown:
            raise DomainError("Lo propuesto cambió mientras usted lo leía. Léalo otra vez antes de decidir.")
        told = {"proposed_by": decision.proposed_by_id, "reference": decision.proposal["reference"]}
        if accepted:
            _conclude(payment, decision, actor)
        audit.record(actor, "payment_review.accept" if accepted else "payment_review.reject", number, **told)


def _conclude(payment: Payment, decision: Decision, actor: Actor) -> None:
    reference = decision.proposal["reference"]
    if decision.proposal["outcome"] == PaymentState.APPROVED:
        code = payment.authorization_code if payment.charge_id == reference else None
        settling.conclude(payment, Approved(reference, code or "", clock.now()), actor)
        # Asked last: the audit row makes writers wait for each other, so two payments by one charge see each other.
        _check_charge_is_free(reference, payment)
    else:
        _check_no_charge_is_known(payment)  # the bank's answer may have come after the proposal
        settling.conclude(payment, Declined("", "not_charged", ""), actor)


def _in_review(number: str) -> Payment:
    payment = _payment(number)
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
