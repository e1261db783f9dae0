"""Charges whose money is the customer's: the bank told of them when their payment had ended, or they bought nothing and
the bank did not take the order to give them back. One of the staff writes down that the bank gave the money back, a
supervisor who is somebody else confirms it; the payment stays as it ended."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select, union_all
from sqlalchemy.orm import aliased

from portal.domain.actor import Actor
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.payment import NOT_SOLD, UNCHARGED_STATES
from portal.domain.purchase import PaymentMethod
from portal.domain.refund import RefundState
from portal.extensions import db
from portal.models import Decision, Payment, Refund
from portal.models.transaction import writing
from portal.services.controls import conflicts_of_interest, four_eyes
from portal.services.messaging.mails.charges import ChargeReturned
from portal.services.payments import charging
from portal.services.platform import audit

RETURNED = "returned"
_KIND = DecisionKind.LATE_CHARGE
_NOT_RETURNED = (RefundState.REFUSED, RefundState.IN_REVIEW)


def owed_back() -> ColumnElement[bool]:
    """Whether a charge has to be given back by people, and nobody has done so yet: a condition for queries of these
    alone, since beside an `or` the database would look at every payment there is."""
    other = aliased(Decision)  # than what is proposed now
    given_back = select(other.id).where(
        other.kind == _KIND,
        other.subject_id == Payment.id,
        other.accepted.is_(True),
        other.proposal["charge"].as_string() == Payment.charge_id,
    )
    came = aliased(Payment)
    late = select(came.id).where(came.state.in_(UNCHARGED_STATES), came.authorization_code.is_not(None))
    left = (
        select(Refund.payment_id)
        .join(came, came.id == Refund.payment_id)
        .where(Refund.method == PaymentMethod.ACCOUNT, Refund.state.in_(_NOT_RETURNED), came.reason == NOT_SOLD)
    )
    return Payment.id.in_(union_all(late, left)) & ~given_back.exists()


def is_owed_back(payment: Payment) -> bool:
    """The same of one payment."""
    found = select(Payment.id).where(Payment.id == payment.id, owed_back())
    return payment.owes_its_charge and db.session.scalar(found) is not None


def returns(payment: Payment) -> Sequence[Decision]:
    """What two have said that the bank gave back, the newest first."""
    accepted = (Decision.kind == _KIND) & Decision.accepted.is_(True)
    return db.session.scalars(
        select(Decision).where(Decision.subject_id == payment.id, accepted).order_by(Decision.id.desc())
    ).all()


def propose(number: str, *, reference: str, note: str, actor: Actor) -> None:
    """Write down that the bank gave the charge back, by its return `reference`. Raises DomainError on the field
    `referencia`, NotAllowed, NotFound."""
    with writing():
        payment = _open(number)
        conflicts_of_interest.check_none(actor, payment.purchase)
        charge = str(payment.charge_id)  # the bank may tell of another one when this is given back
        _check_return_is_free(reference, charge)
        proposal = {"outcome": RETURNED, "reference": reference, "amount": str(payment.amount), "charge": charge}
        four_eyes.propose(_KIND, payment.id, proposal, note, actor)
        audit.record(actor, f"{_KIND}.propose", number, outcome=RETURNED, reference=reference)


def decide(number: str, actor: Actor, *, shown: int | None, accepted: bool) -> None:
    """Confirm what is proposed, which tells the customer; or turn it down. Raises as review.decide."""
    with writing():
        payment = _open(number)
        conflicts_of_interest.check_none(actor, payment.purchase)
        decision = four_eyes.decide_shown(_KIND, payment.id, actor, shown=shown, accepted=accepted)
        reference = decision.proposal["reference"]
        if accepted:
            charging.tell(ChargeReturned(*charging.told_of(payment), reference=reference))
        told = {"proposed_by": decision.proposed_by_id, "reference": reference}
        audit.record(actor, f"{_KIND}.{'accept' if accepted else 'reject'}", number, **told)
        if accepted:
            # After the audit row, for which writers wait: two payments by one return see each other.
            _check_return_is_free(reference, decision.proposal["charge"])


def _open(number: str) -> Payment:
    payment = db.session.scalars(select(Payment).where(Payment.number == number)).one_or_none()
    if payment is None:
        raise NotFound
    if not is_owed_back(payment):
        raise NotAllowed("Este pago ya se resolvió: no queda nada por confirmar.")
    return payment


def _check_return_is_free(reference: str, charge: str) -> None:
    """One return of the bank gives back one charge: the same number can't close two."""
    other = db.session.scalars(
        select(Payment.number)
        .join(Decision, Decision.subject_id == Payment.id)
        .where(
            Decision.kind == _KIND,
            Decision.accepted.is_(True),
            Decision.proposal["reference"].as_string() == reference,
            Decision.proposal["charge"].as_string() != charge,
        )
    ).first()
    if other is not None:
        raise DomainError(
            f"Con esa devolución ya se cerró un cobro del pago {other}: revise el número con el banco.", "referencia"
        )
