"""Finding a slip at the counter, and what a collaborator reads of it. Every look leaves its audit row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, case, func, literal, select, union_all

from portal.domain import change, clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.errors import DomainError, NotFound
from portal.domain.identity import DocumentType
from portal.domain.payment import PaymentState
from portal.domain.purchase import PaymentMethod
from portal.domain.slip import WHY_NOT, SlipState, parse_code, standing
from portal.extensions import db
from portal.models import Account, CashReceipt, Decision, Payment, Person, Purchase, Quote
from portal.models.transaction import writing
from portal.services.catalogue import agencies, offers
from portal.services.controls import access_log, conflicts_of_interest
from portal.services.payments import receipt_facts, receipts
from portal.services.payments.cash_payouts import CASH_PAYOUT
from portal.services.payments.receipt_facts import ReceiptFacts
from portal.services.payments.refunds import CASH_REFUND

_FIELD = "dato"


@dataclass(frozen=True, slots=True)
class SlipAtCounter:
    """A slip as it stands now. `agency` is where its reader works, `chosen` the one that the customer had chosen;
    `received` is its receipt, when somebody took the money; `others` are slips of the same customer that can still be
    paid."""

    payment: Payment
    quote: Quote
    product: Product
    plan: Plan
    agency: Agency
    chosen: Agency
    standing: SlipState
    received: ReceiptFacts | None
    can_open_receipt: bool
    others: Sequence[Payment]

    @property
    def holder(self) -> Person:
        """Whose slip it is."""
        return self.quote.holder

    @property
    def is_payable(self) -> bool:
        """Whether it can still take money."""
        return self.standing is SlipState.PAYABLE and self.received is None

    @property
    def change(self) -> Sequence[tuple[Decimal, Decimal]]:
        """What its payer may hand over in notes, and the change for it."""
        return change.usual(self.payment.amount)

    @property
    def why_not(self) -> str:
        """Why it takes no money, after "porque"."""
        return WHY_NOT[self.standing]


@dataclass(frozen=True, slots=True)
class Awaited:
    """A slip that can still be paid, in the agency's list; `code` opens it, as if its payer had said it."""

    code: str
    name: str
    amount: Decimal
    due_at: datetime

    @property
    def is_due_today(self) -> bool:
        """Whether its last day is today's (Lima)."""
        return clock.lima(self.due_at).date() == clock.today()


@dataclass(frozen=True, slots=True)
class Sum:
    """So many, which make so much."""

    number: int
    amount: Decimal


def awaited(agency: Agency, limit: int) -> tuple[Sequence[Awaited], int]:
    """The first `limit` slips that can still be paid and whose customer chose the agency, by when they fall due, and
    how many there are: one query."""
    rows = db.session.execute(
        select(Payment.slip_code, Person, Payment.amount, Payment.due_at, func.count().over())
        .join(Purchase, Purchase.id == Payment.purchase_id)
        .join(Quote, Quote.id == Purchase.quote_id)
        .join(Person, Person.id == Quote.holder_id)
        .where(
            Payment.state == PaymentState.AWAITING_CASH,
            Payment.agency_code == agency.code,
            Payment.due_at >= clock.now(),
        )
        .order_by(Payment.due_at, Payment.id)
        .limit(limit)
    ).all()
    lines = [
        Awaited(code, holder.short_name, amount, due_at)
        for code, holder, amount, due_at, _all in rows
        if code and due_at  # every slip has both
    ]
    return lines, rows[0][-1] if rows else 0


def drawer(agency: Agency) -> tuple[Sum, Sum, Sum]:
    """What the agency's drawer took today (Lima), without what was reversed; what was handed out of it and confirmed,
    and what still has to be: of the day on which it was handed out. One query."""
    since = receipts.midnight()
    taken = select(literal(0).label("way"), CashReceipt.amount).where(
        CashReceipt.agency_code == agency.code, CashReceipt.received_at >= since, CashReceipt.reversed_at.is_(None)
    )
    handed = [
        select(case((Decision.decided_at.is_not(None), 1), else_=2), kind.model.amount)
        .join(Decision, (Decision.kind == kind.decision) & (Decision.subject_id == kind.model.id))
        .where(Decision.proposed_at >= since, Decision.accepted.is_not(False), kind.model.agency_code == agency.code)
        for kind in (CASH_REFUND, CASH_PAYOUT)
    ]
    each = union_all(taken, *handed).subquery()
    found = {
        way: Sum(number, amount)
        for way, number, amount in db.session.execute(
            select(each.c.way, func.count(), func.sum(each.c.amount)).group_by(each.c.way)
        )
    }
    nothing = Sum(0, Decimal(0))
    return found.get(0, nothing), found.get(1, nothing), found.get(2, nothing)


def find_by_code(typed: str, actor: Actor) -> str:
    """The number of the slip whose code was typed, with or without spaces. Raises DomainError on the field `dato`,
    NotAllowed for whoever has a part in it."""
    code = parse_code(typed, field=_FIELD)
    with writing():
        agencies.of_member(actor)
        found = db.session.scalars(select(Payment).where(Payment.slip_code == code)).one_or_none()
        if found is None:
            raise DomainError("No hay ninguna solicitud con ese código. Compárelo con el papel o el correo.", _FIELD)
        return _note(found, actor)


def find_by_document(kind: DocumentType, number: str, actor: Actor) -> str:
    """The number of the customer's slip that falls due first; without one to pay, that of the newest. Raises as
    `find_by_code`, and for a passport's number that two countries gave."""
    with writing() as session:
        agencies.of_member(actor)
        owners = session.scalars(
            select(Account.id).where(
                Account.document_type == kind, Account.document_number == number, Account.is_staff.is_(False)
            )
        ).all()
        if len(owners) > 1:
            raise DomainError("Dos países dieron ese número de pasaporte. Busque por el código de pago.", _FIELD)
        slips = session.scalars(_of_account(owners[0]).order_by(Payment.id.desc())).all() if owners else []
        if not slips:
            raise DomainError("Esta persona no tiene ninguna solicitud de pago en efectivo. Revise el número.", _FIELD)
        moment = clock.now()
        payable = [one for one in slips if standing(one.state, one.due_at, moment) is SlipState.PAYABLE]
        return _note(min(payable, key=lambda one: (one.due_at or moment, one.id), default=slips[0]), actor)


def look(number: str, actor: Actor) -> SlipAtCounter:
    """A slip of a customer whom the actor searched for lately. Raises NotFound, NotAllowed for whoever has a part or
    works at no agency."""
    payment = receipts.slip(number)
    purchase = payment.purchase
    is_noted, has_part = db.session.execute(
        select(access_log.noted(purchase.account_id, actor), conflicts_of_interest.in_purchase(purchase.id, actor))
    ).one()
    if not is_noted:  # nobody reads a slip unrecorded, by guessing its address
        raise NotFound("Busque la solicitud en Caja, por su código o por el documento del cliente.")
    if has_part:
        raise conflicts_of_interest.HasPart
    agency, received = agencies.of_member(actor), receipt_facts.standing_of(payment)
    others = _of_account(purchase.account_id).where(
        Payment.id != payment.id, Payment.state == PaymentState.AWAITING_CASH, Payment.due_at >= clock.now()
    )
    return SlipAtCounter(
        payment,
        purchase.quote,
        *offers.plan_of(purchase.quote),
        agency=agency,
        chosen=agencies.by_code(payment.agency_code),
        standing=standing(payment.state, payment.due_at, clock.now()),
        received=received,
        can_open_receipt=received is not None and agencies.may_read(actor, received.receipt.agency_code, agency),
        others=db.session.scalars(others.order_by(Payment.due_at)).all(),
    )


def _note(payment: Payment, actor: Actor) -> str:
    """Write down that the actor looks at this customer's slips."""
    conflicts_of_interest.check_none(actor, payment.purchase)
    access_log.note(actor, access_log.SLIP, payment.purchase.account_id, slip=payment.number)
    return payment.number


def _of_account(account_id: int) -> Select[Payment]:
    return (
        select(Payment)
        .join(Purchase, Payment.purchase_id == Purchase.id)
        .where(Purchase.account_id == account_id, Payment.method == PaymentMethod.CASH)
    )
