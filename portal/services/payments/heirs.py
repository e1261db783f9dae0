"""Money that goes back to an owner who has died: whoever proves to be their heir collects it in cash at an agency, by a
code mailed to them while they stand there; two of the staff see to it (hand_over.py). Source: docs/rules.md, Money out.
"""

from dataclasses import dataclass

from sqlalchemy import select

from portal.domain import printable
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.identity import Identity
from portal.domain.refund import RefundState
from portal.domain.typed import clean
from portal.extensions import db
from portal.models import Account, Person, Refund
from portal.models.transaction import NOT_THE_KEY, judged_anew, writing
from portal.services.catalogue import agencies
from portal.services.controls import conflicts_of_interest
from portal.services.payments import refund_ways, refunds
from portal.services.payments.refunds import CASH_REFUND
from portal.services.platform import audit
from portal.services.policies import renewing

LONGEST_PROOF = 80


@dataclass(frozen=True, slots=True)
class Heir:
    """Who collects it, where their code is mailed, and the paper that says that they may: a registry's entry."""

    name: str
    identity: Identity
    email: str
    proof: str


@dataclass(frozen=True, slots=True)
class Owed:
    """A refund and whose it is; `why_not`: why no heir collects it, in words."""

    refund: Refund
    owner: Person
    why_not: str | None


def owed(number: str, actor: Actor) -> Owed:
    """One that has no way, or waits at the actor's agency. Raises NotFound."""
    agency = agencies.of_member(actor)
    waits = (Refund.state == RefundState.AWAITING_COLLECTION) & (Refund.agency_code == agency.code)
    its = select(Refund, Person).join(Account, Account.id == Refund.account_id)
    found = db.session.execute(
        its.join(Person, Person.id == Account.person_id).where(Refund.number == number, waits | refund_ways.is_left())
    ).one_or_none()
    if found is None:
        raise NotFound("No encontramos esa devolución en su agencia.")
    refund, owner = found
    why_not = None if renewing.has_died(owner) else "No consta que su dueño haya fallecido: la cobra él mismo."
    if why_not is None and CASH_REFUND.is_proposed(refund):
        why_not = CASH_REFUND.words.handed.format(number)
    return Owed(refund, owner, why_not)


def name(number: str, heir: Heir, actor: Actor) -> str:
    """Write down who collects it, at the actor's agency: the number of what is handed over. Raises DomainError on
    `prueba`, NotAllowed, HasPart, NotFound."""
    proof = clean(heir.proof)
    if len(proof) > LONGEST_PROOF:
        raise DomainError(f"Use {LONGEST_PROOF} letras como máximo.", "prueba")
    printable.check_text(proof, field="prueba")
    return judged_anew(lambda: _name(number, heir, proof, actor))


def _name(number: str, heir: Heir, proof: str, actor: Actor) -> str:
    with writing() as session:
        refund = owed(number, actor).refund
        session.refresh(refund.payment, with_for_update=NOT_THE_KEY)  # of two ways at once the second sees the first
        CASH_REFUND.hold(refund)
        found = owed(number, actor)
        if found.why_not:
            raise NotAllowed(found.why_not)
        conflicts_of_interest.check_none(actor, refund.payment.purchase)
        conflicts_of_interest.check_is_not(actor, heir.identity)
        if refund.state is not RefundState.AWAITING_COLLECTION:
            refused, agency = refund, agencies.of_member(actor)
            refund = refunds.open_part(refused.payment, refused.amount, agency, actor)
            refund.change_id, refund.instead_of_id = refused.change_id, refused.id
        refund.payee_name, refund.payee_email, refund.payee_proof = heir.name, heir.email, proof
        refund.document_type, refund.document_number = heir.identity.document_type, heir.identity.number
        session.flush()
        audit.record(actor, "refund.heir", refund.number, amount=str(refund.amount), heir=refund.fingerprint)
    return refund.number
