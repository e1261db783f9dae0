"""What customers sent as evidence, accepted or asked for again by one of the staff (B10).

Faces and documents are seen by who needs to: the staff of the agency that sold, and supervisors. Nobody reviews what is
of their own sale, of their own insurance, or sent by themselves. Nothing here touches a policy's cover.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, true
from sqlalchemy.orm import aliased, lazyload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import Noun
from portal.domain.catalogue import Plan, Product
from portal.domain.claim import PaperState
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.evidence import LONGEST_REASON, EvidenceKind
from portal.domain.policy import PolicyState
from portal.domain.received_file import FileState
from portal.domain.typed import line
from portal.extensions import db
from portal.models import Account, CashReceipt, Endorsement, Evidence, Payment, Person, Policy, Role, StoredFile
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.catalogue import offers
from portal.services.controls import access_log, conflicts_of_interest
from portal.services.documents import contracting
from portal.services.evidence import collecting
from portal.services.evidence.collecting import Collected
from portal.services.messaging import outgoing
from portal.services.messaging.mails.evidence import EvidenceAccepted, EvidenceAsked
from portal.services.platform import audit
from portal.services.platform.pending import Pending

Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])

TO_REVIEW = Noun("evidencia por revisar", "evidencias por revisar")
_KEPT = (FileState.STORED, FileState.LOST)
_MOST = 200  # lines of the list
_OWN_SENDING = "Usted envió esta evidencia: la revisa otra persona."
DECIDED = "Otra persona ya la revisó, o el cliente la quitó. No cambiamos nada."
_OVER = "Esta póliza está anulada: ya no hace falta su evidencia. No cambiamos nada ni escribimos al cliente."
_CHANGED = "Llegó o cambió una foto mientras usted la miraba. Mírela otra vez antes de decidir."


@dataclass(frozen=True, slots=True)
class Line:
    """One that waits. Nothing of the customer, whom nobody reads unrecorded."""

    id: int
    kind: EvidenceKind
    received_at: datetime
    is_again: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One evidence with all that a reviewer compares. `seller`: who sold, if somebody did. `waiting`: the ids of all
    that wait for the reader, the oldest first."""

    evidence: Evidence
    policy: Policy
    payment: Payment
    product: Product
    plan: Plan
    seller: Person | None
    collected: Sequence[Collected]
    waiting: Sequence[int]

    @property
    def own(self) -> Collected:
        """What was sent of this kind."""
        return next(one for one in self.collected if one.kind is self.evidence.kind)


def waiting(actor: Actor) -> Sequence[Line]:
    """What waits for the actor, the oldest first: one query."""
    return [
        Line(one.id, one.kind, one.received_at or one.created_at, one.attempt > 1)
        for one in db.session.scalars(_waiting(select(Evidence), actor).options(lazyload("*")))
    ]


def pending(actor: Actor) -> Pending:
    """How many wait for the actor, and since when: over those that wait alone."""
    return _for(select(func.count(), func.min(Evidence.received_at)).select_from(Evidence), actor)


def look(evidence_id: int, actor: Actor) -> None:
    """Open one: its customer is looked at, which is recorded as a search is. Raises NotFound, NotAllowed, HasPart."""
    with writing():
        _, policy = _found(evidence_id, actor)
        _note(policy, actor)


def look_at_next(actor: Actor) -> int | None:
    """Open the oldest that waits, if any: its id."""
    with writing() as session:
        oldest = session.scalars(_waiting(select(Evidence.id), actor).limit(1)).one_or_none()
        if oldest is not None:
            _, policy = _found(oldest, actor)
            _note(policy, actor)
    return oldest


def get(evidence_id: int, actor: Actor) -> Shown:
    """One that the actor opened: a handful of queries. Raises NotFound, NotAllowed, HasPart."""
    seller, issue = aliased(Account), aliased(Endorsement)
    evidence, policy = _found(evidence_id, actor, is_opened=True)
    payment, plan_code, person = db.session.execute(
        select(Payment, issue.plan_code, Person)
        .select_from(Payment)
        .join(issue, (issue.policy_id == policy.id) & (issue.number == 0))
        .outerjoin(seller, seller.id == policy.seller_id)
        .outerjoin(Person, Person.id == seller.person_id)
        .where(Payment.id == policy.payment_id)
        .options(lazyload("*"))
    ).one()
    product, plan = offers.sold(policy.product_version_id, plan_code)
    collected = collecting.of_purchase(policy.purchase_id)
    ids = db.session.scalars(_waiting(select(Evidence.id), actor)).all()
    return Shown(evidence, policy, payment, product, plan, person, collected, ids)


def policy_of(evidence_id: int, actor: Actor) -> Policy:
    """The policy whose evidence the actor opened. Raises NotFound, NotAllowed, HasPart."""
    return _found(evidence_id, actor, is_opened=True)[1]


def kind_of(evidence_id: int, actor: Actor) -> EvidenceKind:
    """What kind of evidence the actor opened. Raises as `policy_of`."""
    return _found(evidence_id, actor, is_opened=True)[0].kind


def accept(evidence_id: int, actor: Actor, *, shown: Sequence[int]) -> None:
    """It proves it. `shown` are the files that the page showed: the decision is about those. Raises DomainError when
    they changed or somebody else decided, NotFound, NotAllowed, HasPart."""
    with writing():
        evidence, policy = _held(evidence_id, actor, shown)
        _decide(evidence, PaperState.ACCEPTED, actor)
        _tell_accepted(policy)
        audit.record(actor, "evidence.accept", policy.number, kind=evidence.kind, files=list(shown))


def ask_again(evidence_id: int, actor: Actor, *, shown: Sequence[int], reason: str) -> None:
    """It does not; `reason` is what the customer reads, and does about it. Raises as `accept`, and DomainError on
    `texto`."""
    reason = line(reason)
    if not reason:
        raise DomainError("Elija qué le falta o escríbalo: es lo que leerá el cliente.", "texto")
    if len(reason) > LONGEST_REASON:
        raise DomainError(f"Escriba menos: caben {LONGEST_REASON} letras.", "texto")
    with writing():
        evidence, policy = _held(evidence_id, actor, shown)
        _decide(evidence, PaperState.OBSERVED, actor)
        evidence.reason, evidence.confirm_at = reason, None
        evidence.attempt += 1
        mail = EvidenceAsked(policy=policy, evidence=evidence)
        outgoing.queue_for_buyer(mail, evidence.purchase, policy=policy)
        audit.record(actor, "evidence.ask_again", policy.number, kind=evidence.kind, files=list(shown))


def _decide(evidence: Evidence, verdict: PaperState, actor: Actor) -> None:
    evidence.move_to(verdict)
    evidence.reviewed_at, evidence.reviewed_by_id = clock.now(), actor.account_id
    contracting.added(evidence.purchase_id)


def _tell_accepted(policy: Policy) -> None:
    """One mail, when nothing that was sent waits any more."""
    db.session.flush()
    sent = db.session.scalars(
        select(Evidence).where(Evidence.purchase_id == policy.purchase_id, Evidence.state != PaperState.PENDING)
    ).all()
    if all(one.state is PaperState.ACCEPTED for one in sent):
        mail = EvidenceAccepted(policy=policy, evidence=sent)
        outgoing.queue_for_buyer(mail, sent[0].purchase, policy=policy)


def _held(evidence_id: int, actor: Actor, shown: Sequence[int]) -> tuple[Evidence, Policy]:
    """The row, locked: of two who decide at once one does, and what arrives meanwhile waits or was shown. Its policy
    too: of one that is cancelled nothing is asked."""
    of_it = (
        select(Policy.id).join(Evidence, Evidence.purchase_id == Policy.purchase_id).where(Evidence.id == evidence_id)
    )
    db.session.execute(of_it.with_for_update(key_share=True, of=Policy))
    db.session.get(Evidence, evidence_id, with_for_update=NOT_THE_KEY, populate_existing=True)
    evidence, policy = _found(evidence_id, actor, is_opened=True)
    if policy.state_at(clock.now()) is PolicyState.CANCELLED:
        raise DomainError(_OVER)
    if evidence.state is not PaperState.RECEIVED:
        raise DomainError(DECIDED)
    there = db.session.scalars(
        select(StoredFile.id).where(*_files(evidence.id), StoredFile.slot == evidence.slot)
    ).all()
    if set(there) != set(shown):
        raise DomainError(_CHANGED)
    return evidence, policy


def _found(evidence_id: int, actor: Actor, *, is_opened: bool = False) -> tuple[Evidence, Policy]:
    """One that the actor may see; `is_opened`: who opened it lately. Raises NotFound, NotAllowed, HasPart."""
    query = (
        select(
            Evidence,
            Policy,
            Evidence.purchase_id.in_(conflicts_of_interest.own_purchases(actor)),
            Evidence.id.in_(_sent_by(actor)),
            access_log.noted(Policy.account_id, actor) if is_opened else true(),
        )
        .join(Policy, Policy.purchase_id == Evidence.purchase_id)
        .where(Evidence.id == evidence_id, _may_see(actor))
        .options(lazyload(Policy.endorsements))
    )
    row = db.session.execute(query).one_or_none()
    if row is None or not row[4]:
        raise NotFound("Abra la evidencia desde la lista.")
    evidence, policy, has_part, is_sender, _ = row
    if has_part:
        raise conflicts_of_interest.HasPart
    if is_sender:
        raise NotAllowed(_OWN_SENDING)
    return evidence, policy


def _note(policy: Policy, actor: Actor) -> None:
    access_log.note(actor, access_log.CUSTOMER, policy.account_id, by="evidence")


def _waiting(query: Query, actor: Actor) -> Query:
    return _for(query, actor).order_by(Evidence.received_at, Evidence.id).limit(_MOST)


def _for(query: Query, actor: Actor) -> Query:
    """Those that wait, of which the actor may review each."""
    return query.join(Policy, Policy.purchase_id == Evidence.purchase_id).where(
        Evidence.state == PaperState.RECEIVED,
        Policy.cancelled_at.is_(None),
        _may_see(actor),
        Evidence.purchase_id.not_in(conflicts_of_interest.own_purchases(actor)),
        Evidence.id.not_in(_sent_by(actor)),
    )


def _may_see(actor: Actor) -> ColumnElement[bool]:
    """A supervisor, or somebody of the agency that sold it or took its money: a condition beside Policy."""
    if actor.role == Role.SUPERVISOR:
        return true()
    me = aliased(Account)
    taken = exists().where(
        CashReceipt.payment_id == Policy.payment_id,
        CashReceipt.agency_code == me.agency_code,
        CashReceipt.reversed_at.is_(None),
    )
    return exists().where(me.id == actor.account_id, or_(Policy.agency_code == me.agency_code, taken))


def _sent_by(actor: Actor) -> Select[int]:
    """The keys of the evidence of which the actor sent a file."""
    of_evidence = (StoredFile.owner_kind == Evidence.FILES, StoredFile.state.in_(_KEPT))
    return select(StoredFile.owner_id).where(StoredFile.sender_id == actor.account_id, *of_evidence)


def _files(evidence_id: int) -> tuple[ColumnElement[bool], ...]:
    return StoredFile.owner_kind == Evidence.FILES, StoredFile.owner_id == evidence_id, StoredFile.state.in_(_KEPT)
