"""A customer's misspelt name, birth date or document, corrected at the desk with the document in hand.

One of the staff writes down what the document says, another one looks at it and confirms (B11). Only then the account
has the new data; quotes that were not bought follow, policies by an endorsement each, and the customer is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from portal.domain import clock, correction
from portal.domain.actor import Actor
from portal.domain.backlog import Noun
from portal.domain.correction import Change
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import Identity, check_adult, check_birth_date
from portal.domain.payment import PROMISED_STATES
from portal.domain.quote import QuoteState
from portal.extensions import db
from portal.models import Account, Decision, Payment, Person, Policy, Purchase, Quote
from portal.models.people import names_person
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.controls import access_log, conflicts_of_interest, four_eyes
from portal.services.desk import customers, person_consequences
from portal.services.documents import kinds, store
from portal.services.messaging import outgoing
from portal.services.messaging.mails.account import DataCorrected
from portal.services.platform import audit
from portal.services.platform.pending import Pending
from portal.services.policies import person_change
from portal.services.sale import purchasing

TO_CONFIRM = Noun("corrección por confirmar", "correcciones por confirmar")
_KIND = DecisionKind.PERSON_CORRECTION
_NOTE = "Con el documento de la persona en la mano."


@dataclass(frozen=True, slots=True)
class Said:
    """What the document says."""

    identity: Identity
    names: str
    paternal_surname: str
    maternal_surname: str
    birth_date: date


@dataclass(frozen=True, slots=True)
class Proposed:
    """A correction that waits for the second person. `consequences`: what it would break or reach, in sentences."""

    customer: customers.Customer
    decision: Decision
    proposer: str
    changes: Sequence[Change]
    consequences: Sequence[str]


@dataclass(frozen=True, slots=True)
class Line:
    """One in the list of what waits: nothing of the customer, whom nobody reads unrecorded."""

    account_id: int
    proposer: str
    proposed_at: datetime
    is_own: bool


def open_customer(account_id: int, actor: Actor) -> customers.Customer:
    """A customer whose data the actor may correct. Raises NotFound, HasPart, NotAllowed for a closed account."""
    customer = customers.get(account_id, actor)
    if customer.account.disabled_at is not None:
        raise NotAllowed("La cuenta de este cliente está cerrada: sus datos ya no se corrigen.")
    return customer


def consequences_of(account_id: int, said: Said, actor: Actor) -> Sequence[str]:
    """What correcting would reach and break, for who is about to propose it."""
    return person_consequences.of(open_customer(account_id, actor).account, said.birth_date, actor)


def propose(account_id: int, said: Said, actor: Actor) -> None:
    """Write down what the document says. Nothing changes until somebody else confirms it. Raises DomainError on
    `fecha_nacimiento` and `numero_documento`, and while another correction waits, HasPart, NotAllowed, NotFound."""
    with writing() as session:
        account = _held(account_id, actor)
        _check(account, said.identity, said.birth_date, actor)
        right = account.person.corrected(
            country=said.identity.country,
            document_type=said.identity.document_type,
            document_number=said.identity.number,
            names=said.names,
            paternal_surname=said.paternal_surname,
            maternal_surname=said.maternal_surname,
            birth_date=said.birth_date,
        )
        if not correction.changes(account.person, right):
            raise DomainError("Los datos ya dicen eso: no hay nada que corregir.")
        session.add(right)
        session.flush()
        four_eyes.propose(_KIND, account_id, {"person": right.id}, _NOTE, actor)
        audit.record(actor, f"{_KIND}.propose", f"account:{account_id}", person=right.id)


def waiting(actor: Actor) -> Sequence[Line]:
    """The corrections that wait, the oldest first. One query."""
    member = aliased(Person)
    rows = db.session.execute(
        select(Decision, member)
        .join(Account, Account.id == Decision.proposed_by_id)
        .join(member, member.id == Account.person_id)
        .where(*_OPEN)
        .order_by(Decision.id)
        .limit(200)
    )
    return [
        Line(one.subject_id, person.full_name, one.proposed_at, one.proposed_by_id == actor.account_id)
        for one, person in rows
    ]


def pending(actor: Actor) -> Pending:
    """How many wait for the actor, and since when: those that somebody else proposed."""
    found = select(func.count(), func.min(Decision.proposed_at))
    return found.where(*_OPEN, Decision.proposed_by_id != actor.account_id)


def look(account_id: int, actor: Actor) -> None:
    """Open a customer whose correction waits: recorded as a search is. Raises NotFound, HasPart."""
    with writing():
        _proposed(account_id)
        if db.session.scalar(select(conflicts_of_interest.in_customer(account_id, actor))):
            raise conflicts_of_interest.HasPart(conflicts_of_interest.OWN)
        access_log.note(actor, access_log.CUSTOMER, account_id, by="correction")


def get(account_id: int, actor: Actor) -> Proposed:
    """The correction that waits for a customer whom the actor may read. Raises NotFound, HasPart."""
    customer = open_customer(account_id, actor)
    right, member = aliased(Person), aliased(Person)
    row = db.session.execute(
        select(Decision, right, member)
        .join(right, right.id == Decision.proposal["person"].as_integer())
        .join(Account, Account.id == Decision.proposed_by_id)
        .join(member, member.id == Account.person_id)
        .where(*_OPEN, Decision.subject_id == account_id)
    ).one_or_none()
    if row is None:
        raise NotFound(_DECIDED)
    decision, said, proposer = row
    return Proposed(
        customer,
        decision,
        proposer.full_name,
        correction.changes(customer.person, said),
        person_consequences.of(customer.account, said.birth_date, actor),
    )


def is_waiting(account_id: int) -> bool:
    """Whether a correction of this customer waits for the second person."""
    return four_eyes.proposed(_KIND, account_id) is not None


def decide(account_id: int, actor: Actor, *, shown: int | None, accepted: bool) -> None:
    """Confirm what is proposed, which corrects account, quotes and policies and tells the customer; or turn it down.

    `shown` is the proposal that the page showed. Raises DomainError, HasPart, NotAllowed for who proposed it, NotFound.
    """
    with writing() as session:
        account = _held(account_id, actor)
        decision = four_eyes.decide_shown(_KIND, account_id, actor, shown=shown, accepted=accepted)
        right = _right(decision)
        if accepted:
            _check(account, right.identity, right.birth_date, actor)
            _correct(account, right, actor)
        else:
            session.delete(right)  # nobody's data: it says what was refused
        verb = "accept" if accepted else "reject"
        audit.record(actor, f"{_KIND}.{verb}", f"account:{account_id}", proposed_by=decision.proposed_by_id)


_OPEN = (Decision.kind == _KIND, Decision.decided_at.is_(None))
_DECIDED = "No hay una corrección por confirmar de este cliente: puede que otra persona ya la decidiera."
_TAKEN = "Otra cuenta ya tiene ese documento. Búsquela antes de seguir: puede ser la misma persona con dos cuentas."


def _held(account_id: int, actor: Actor) -> Account:
    """The account, held until the commit: whoever changes its contact details or buys waits."""
    open_customer(account_id, actor)
    return db.session.get_one(Account, account_id, with_for_update=NOT_THE_KEY, populate_existing=True)


def _proposed(account_id: int) -> Decision:
    decision = four_eyes.proposed(_KIND, account_id)
    if decision is None:
        raise NotFound(_DECIDED)
    return decision


def _right(decision: Decision) -> Person:
    return db.session.get_one(Person, decision.proposal["person"])


def _check(account: Account, identity: Identity, birth_date: date, actor: Actor) -> None:
    """What is proposed may be done, now as when it was proposed."""
    check_birth_date(birth_date, clock.today())
    check_adult(birth_date, clock.today())
    conflicts_of_interest.check_is_not(actor, identity)
    other = exists().where(names_person(Account, identity), ~Account.is_staff, Account.id != account.id)
    if db.session.scalar(select(other)):
        raise DomainError(_TAKEN, "numero_documento")
    open_payment = db.session.scalars(
        select(Payment.number)
        .join(Purchase, Purchase.id == Payment.purchase_id)
        .where(Purchase.account_id == account.id, Payment.state.in_(PROMISED_STATES))
        .limit(1)
    ).one_or_none()
    if open_payment is not None:
        raise DomainError(
            f"El pago {open_payment} de este cliente no terminó: corrija sus datos cuando se pague, venza o se cancele."
        )


def _correct(account: Account, right: Person, actor: Actor) -> None:
    before = account.person
    mistaken, changed = before.identity, correction.changes(before, right)
    for name in ("phone", "email", "address", "ubigeo"):  # the person may have changed them meanwhile
        setattr(right, name, getattr(before, name))
    account.person = right
    account.country, account.document_type = right.country, right.document_type
    account.document_number = right.document_number
    try:
        db.session.flush()
    except IntegrityError as error:
        raise DomainError(_TAKEN) from error  # an account was opened with that document at the same moment
    _correct_quotes(account, mistaken, right)
    papers = []
    for policy in db.session.scalars(select(Policy).where(Policy.account_id == account.id).order_by(Policy.id)):
        endorsement = person_change.correct(policy, mistaken, right)
        if endorsement is not None:
            papers.append(store.order(kinds.ENDORSEMENT, endorsement))
            audit.record(actor, "policy.correct", policy.number, endorsement=endorsement.number)
    mail = DataCorrected(changes=changed, corrected_at=clock.now(), has_policies=bool(papers))
    outgoing.queue(mail, to=account.email, account=account, attachments=papers)


def _correct_quotes(account: Account, mistaken: Identity, right: Person) -> None:
    """Those that were not bought name the person rightly. What was authorised with the mistake is authorised anew, and
    a quote that the true age does not allow can't be bought any more."""
    its = select(Quote).where(Quote.account_id == account.id, Quote.state != QuoteState.BOUGHT)
    for quote in db.session.scalars(its):
        named = [part for part in ("holder", "insured") if getattr(quote, part).identity == mistaken]
        for part in named:
            setattr(quote, part, right)
        purchase = purchasing.of_quote(quote)
        if named and purchase is not None:
            purchasing.withdraw_request(purchase)
        if "insured" in named and not person_consequences.is_allowed(quote, right.birth_date):
            quote.valid_until = min(quote.valid_until, clock.now())
