"""Payments for the staff's list and page: those without outcome, and those whose charge is owed back."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, union

from portal.domain.decision import DecisionKind
from portal.domain.errors import NotFound
from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.models import Account, Decision, Payment, Person
from portal.services.controls import four_eyes
from portal.services.payments import late_charges

_DECISIONS = (DecisionKind.PAYMENT_REVIEW, DecisionKind.LATE_CHARGE)
_WAITING = (PaymentState.UNKNOWN, PaymentState.IN_REVIEW)
_MOST = 200  # more than that at once is no list for people but a fault of the bank's; the oldest come first


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A payment without outcome, or whose charge bought nothing; what is proposed about it, and the name of who
    proposed it. `is_owed_back`: people have to see to that charge. `returns`: what two have said that the bank gave
    back, the newest first."""

    payment: Payment
    is_owed_back: bool
    proposal: Decision | None = None
    proposer: str = ""
    returns: Sequence[Decision] = ()

    @property
    def says_charged(self) -> bool:
        """Whether it is proposed that the bank charged it."""
        return self.proposal is not None and self.proposal.proposal["outcome"] == PaymentState.APPROVED


def waiting() -> Sequence[OpenPayment]:
    """Every payment whose outcome is not known, or whose charge is to be given back, the oldest first."""
    uncertain = select(Payment.id).where(Payment.state.in_(_WAITING))
    owed_back = select(Payment.id).where(late_charges.owed_back())
    rows = db.session.execute(
        select(Payment, Decision, Person)
        .outerjoin(
            Decision,
            (Decision.subject_id == Payment.id) & Decision.kind.in_(_DECISIONS) & Decision.decided_at.is_(None),
        )
        .outerjoin(Account, Account.id == Decision.proposed_by_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .where(Payment.id.in_(union(uncertain, owed_back)))
        .order_by(Payment.sent_at)
        .limit(_MOST)
    )
    return [
        OpenPayment(payment, payment.owes_its_charge, decision, proposer.full_name if proposer else "")
        for payment, decision, proposer in rows
    ]


def one(number: str) -> OpenPayment:
    """The payment `number`, whatever became of it since. Raises NotFound when it never was without outcome."""
    payment = db.session.scalars(select(Payment).where(Payment.number == number)).one_or_none()
    if payment is None:
        raise NotFound
    if payment.state not in _WAITING and payment.in_review_at is None and not payment.owes_its_charge:
        raise NotFound
    kind = DecisionKind.LATE_CHARGE if payment.owes_its_charge else DecisionKind.PAYMENT_REVIEW
    proposal = four_eyes.proposed(kind, payment.id)
    proposer = db.session.get_one(Account, proposal.proposed_by_id).person.full_name if proposal else ""
    returns = late_charges.returns(payment) if payment.owes_its_charge else ()
    return OpenPayment(payment, late_charges.is_owed_back(payment), proposal, proposer, returns)
