"""Cash that is given back at an agency: opened by a rule, handed over by one of the staff to whoever says the code that
was just mailed to the customer, and confirmed by another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.backlog import Noun, Waiting
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.purchase import PaymentMethod
from portal.domain.refund import RefundState
from portal.extensions import db
from portal.models import Account, CashReceipt, CodePurpose, Decision, Person, Refund
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.authentication import one_time_codes
from portal.services.authentication.authorisation_codes import Authorisation
from portal.services.catalogue import agencies
from portal.services.controls import conflicts_of_interest, four_eyes
from portal.services.messaging import outgoing
from portal.services.messaging.mails.cash import RefundCode, RefundPaid
from portal.services.platform import audit
from portal.services.platform.numbering import next_number

TO_HAND_OVER = Noun("devolución por entregar", "devoluciones por entregar")
_HANDED_OVER = "Dinero entregado, con el documento de identidad a la vista y el código del cliente."


@dataclass(frozen=True, slots=True)
class RefundLine:
    """A refund with whose it is and their mail address, where it is collected, and who says that it was handed over."""

    refund: Refund
    owner: Person
    email: str
    agency: Agency
    proposal: Decision | None
    member: Person | None

    @property
    def handed_by(self) -> str | None:
        """Who handed it over, by their short name; None while nobody has."""
        return self.member.short_name if self.member else None


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


def void(receipt: CashReceipt) -> Refund:
    """The refund of a receipt that is reversed has no effect, in the present transaction. Raises NotAllowed once the
    money is being given back."""
    refund = db.session.scalars(select(Refund).where(Refund.receipt_id == receipt.id)).one()
    _hold(refund)
    if refund.state is RefundState.DONE or four_eyes.proposed(DecisionKind.CASH_REFUND, refund.id) is not None:
        raise NotAllowed(f"La devolución {refund.number} de este recibo ya se entregó: el recibo no se puede anular.")
    refund.move_to(RefundState.VOID)
    refund.resolved_at = clock.now()
    return refund


def waiting(actor: Actor) -> Sequence[RefundLine]:
    """What waits to be given back at the actor's agency, the oldest first."""
    agency = agencies.of_member(actor)
    query = _lines().where(*_waits_at(agency))
    return [_line(row, agency) for row in db.session.execute(query)]


def count(actor: Actor) -> Sequence[Waiting]:
    """How many of them there are. One query."""
    query = select(func.count(), func.min(Refund.created_at)).where(*_waits_at(agencies.of_member(actor)))
    number, since = db.session.execute(query).one()
    return [Waiting(TO_HAND_OVER, number, since, needs_people=True)] if number else []


def to_collect(actor: Actor) -> list[tuple[Refund, Agency]]:
    """The actor's own money that waits at an agency, the oldest first, with that agency. One query."""
    query = (
        select(Refund)
        .where(Refund.account_id == actor.account_id, Refund.state == RefundState.AWAITING_COLLECTION)
        .order_by(Refund.id)
    )
    return [(refund, agencies.by_code(refund.agency_code)) for refund in db.session.scalars(query)]


def get(number: str, actor: Actor) -> RefundLine:
    """A refund of the actor's agency. Raises NotFound."""
    agency = agencies.of_member(actor)
    query = _lines().where(Refund.number == number, Refund.agency_code == agency.code)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise NotFound("No encontramos esa devolución en su agencia.")
    return _line(row, agency)


def hand_over(number: str, code: str, actor: Actor) -> None:
    """Say that the money was handed over to whoever said the customer's code: somebody else of the agency confirms it
    (B11). Raises NotAllowed, DomainError on `codigo`, and when somebody said so before."""
    CODE.verify(number, code, actor)
    with writing():
        refund = _of_agency(number, actor)
        if not CODE.is_passed(refund):
            raise DomainError("Pida un código nuevo al cliente.", "codigo")
        proposal = {"refund": refund.number, "amount": str(refund.amount), "agency": refund.agency_code}
        four_eyes.propose(DecisionKind.CASH_REFUND, refund.id, proposal, _HANDED_OVER, actor)
        audit.record(actor, "refund.hand_over", refund.number, amount=str(refund.amount), agency=refund.agency_code)


def confirm(number: str, actor: Actor, *, handed_over: bool) -> None:
    """The second person says whether the money was handed over; if so the refund is done, else another code will be
    asked for. Raises NotAllowed for who handed it over, DomainError when somebody decided before."""
    with writing():
        refund = _of_agency(number, actor)
        four_eyes.decide(DecisionKind.CASH_REFUND, refund.id, actor, accepted=handed_over)
        if handed_over and refund.code_binding != refund.fingerprint:
            raise DomainError(
                "Se entregó sin el código del cliente. Marque que no se entregó y pídale el código.", "entregado"
            )
        if handed_over:
            refund.move_to(RefundState.DONE)
            refund.resolved_at = clock.now()
            _tell(refund)
        else:
            refund.code_binding = refund.code_verified_at = None
        action = "refund.confirm" if handed_over else "refund.reject"
        audit.record(actor, action, refund.number, amount=str(refund.amount), agency=refund.agency_code)


def _load(number: str, actor: Actor) -> Refund:
    return get(number, actor).refund


def _to_hand_over(number: str, actor: Actor) -> Refund:
    """A refund that nobody says to have handed over yet."""
    refund = _of_agency(number, actor)
    if four_eyes.proposed(DecisionKind.CASH_REFUND, refund.id) is not None:
        raise NotAllowed(f"La devolución {refund.number} ya se entregó: falta que otra persona lo confirme.")
    return refund


def _mail_code(refund: Refund, digits: str) -> None:
    code = one_time_codes.just_issued(CodePurpose.REFUND, refund.id)
    mail = RefundCode(secret=digits, code=code, refund=refund, agency=agencies.by_code(refund.agency_code))
    outgoing.queue_for_buyer(mail, refund.payment.purchase)


# Mailed while its owner stands at the counter, and again when it did not come.
CODE = Authorisation(
    purpose=CodePurpose.REFUND,
    load=_load,
    open=_to_hand_over,
    mail=_mail_code,
    event="refund",
    number=lambda refund: refund.number,
    edited="La devolución cambió: pida un código nuevo.",
)


def _waits_at(agency: Agency) -> tuple[ColumnElement[bool], ...]:
    return Refund.state == RefundState.AWAITING_COLLECTION, Refund.agency_code == agency.code


def _of_agency(number: str, actor: Actor) -> Refund:
    """A refund that waits at the actor's agency, and in which the actor has no part."""
    refund = get(number, actor).refund
    _hold(refund)
    conflicts_of_interest.check_none(actor, refund.payment.purchase)
    if refund.state is not RefundState.AWAITING_COLLECTION:
        raise NotAllowed(f"La devolución {refund.number} ya no está por entregar.")
    return refund


def _hold(refund: Refund) -> None:
    """Handing over and reversing the receipt look at what the other writes: one waits for the other to commit."""
    db.session.refresh(refund, with_for_update=NOT_THE_KEY)


def _lines() -> Any:
    account, handing, member = aliased(Account), aliased(Account), aliased(Person)
    return (
        select(Refund, Person, account.email, Decision, member)
        .join(account, account.id == Refund.account_id)
        .join(Person, Person.id == account.person_id)
        .outerjoin(
            Decision,
            (Decision.subject_id == Refund.id)
            & (Decision.kind == DecisionKind.CASH_REFUND)
            & Decision.decided_at.is_(None),
        )
        .outerjoin(handing, handing.id == Decision.proposed_by_id)
        .outerjoin(member, member.id == handing.person_id)
        .order_by(Refund.id)
    )


def _line(row: Any, agency: Agency) -> RefundLine:
    refund, owner, email, proposal, member = row
    return RefundLine(refund, owner, email, agency, proposal, member)


def _tell(refund: Refund) -> None:
    mail = RefundPaid(refund=refund, agency=agencies.by_code(refund.agency_code))
    outgoing.queue_for_buyer(mail, refund.payment.purchase)
