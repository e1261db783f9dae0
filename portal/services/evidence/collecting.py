"""What proves that a customer bought of their own will, as they or a clerk beside them send it (S26 to S28).

Whoever asks has found the policy among those that the actor may see. Nothing here touches its cover.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import PaperState
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.evidence import EVIDENCE_NAMES, EvidenceKind
from portal.domain.policy import PolicyState
from portal.domain.received_file import FileState
from portal.extensions import db
from portal.integrations.reception import Source
from portal.models import Account, Evidence, Policy, StoredFile
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.documents import contracting
from portal.services.evidence import uploads
from portal.services.evidence.uploads import Place
from portal.services.platform import audit

_A_SENDING = timedelta(minutes=5)  # what comes within it of the last file belongs to the same mail
_PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file, and who sent it: an account of the staff, or None for the customer."""

    file: StoredFile
    by: Account | None


@dataclass(frozen=True, slots=True)
class Collected:
    """One kind of evidence of a purchase. `evidence`: None while nothing was ever sent. `files` are those of the
    present attempt, `before` those of the attempts that were asked again."""

    kind: EvidenceKind
    evidence: Evidence | None
    files: Sequence[Sent]
    before: Sequence[Sent]

    @property
    def state(self) -> PaperState:
        """How it stands; missing while nothing was ever sent."""
        return self.evidence.state if self.evidence else PaperState.PENDING

    @property
    def name(self) -> str:
        """What it is called."""
        return EVIDENCE_NAMES[self.kind]

    @property
    def reason(self) -> str:
        """Why it was asked for again, while that is so."""
        return self.evidence.reason if self.evidence and self.evidence.state is PaperState.OBSERVED else ""


def of_purchase(purchase_id: int) -> Sequence[Collected]:
    """Every kind of evidence, and what was sent of it: one query."""
    kept = StoredFile.state.in_((FileState.STORED, FileState.LOST))
    rows = db.session.execute(
        select(Evidence, StoredFile, Account)
        .outerjoin(StoredFile, (StoredFile.owner_kind == Evidence.FILES) & (StoredFile.owner_id == Evidence.id) & kept)
        .outerjoin(Account, (Account.id == StoredFile.sender_id) & Account.is_staff)
        .where(Evidence.purchase_id == purchase_id)
        .order_by(StoredFile.id)
        .options(joinedload(Account.person))
    ).all()
    known = {evidence.kind: evidence for evidence, _, _ in rows}
    sent = [Sent(file, by) for _, file, by in rows if file is not None]
    return [_collected(kind, known.get(kind), sent) for kind in EvidenceKind]


def is_asked_again() -> ColumnElement[bool]:
    """That the Evidence is asked again of the holder of the Policy: a condition."""
    return and_(
        Evidence.purchase_id == Policy.purchase_id,
        Policy.cancelled_at.is_(None),
        Evidence.state == PaperState.OBSERVED,
    )


def send(policy: Policy, kind: EvidenceKind, source: Source, actor: Actor, *, instead_of: int | None = None) -> None:
    """Take in a file. A newer photo takes the place of the one before it; a page that of the file `instead_of`.

    Raises NotAllowed when nothing more is taken, and what `uploads.take` raises."""
    evidence = _open(policy, kind)
    evidence_id, slot = evidence.id, evidence.slot
    # One more than are kept: the newer is there before the older goes.
    place = Place(Evidence.FILES, evidence_id, slot, most=kind.most + 1, is_page=kind.is_page)

    def arrive(file: StoredFile) -> None:
        held = _hold(evidence_id)
        if held.state is PaperState.ACCEPTED:
            raise DomainError(_ACCEPTED)
        if kind is EvidenceKind.PERSON and file.type == _PDF:
            raise DomainError("Aquí va una foto de la cara, no un PDF. Tome la foto o elija una que ya tenga.")
        if file.slot != held.slot:
            raise DomainError("Acabamos de pedirla otra vez. Lea por qué y envíela de nuevo.")
        _make_room(held, file, instead_of, actor)
        held.sender_id = actor.account_id
        held.confirm_at = clock.now() + _A_SENDING
        contracting.added(policy.purchase_id)
        if held.state is not PaperState.RECEIVED:
            held.move_to(PaperState.RECEIVED)
            held.received_at = clock.now()
            audit.record(actor, "evidence.receive", policy.number, kind=kind)

    uploads.take(place, source, actor, arrive)


def take_back(policy: Policy, file_id: int, actor: Actor) -> None:
    """Take a file away before it is reviewed: the customer any, one of the staff what they sent. Raises NotFound,
    NotAllowed once it was reviewed."""
    with writing():
        file, _ = _file(policy, file_id)
        evidence = _hold(file.owner_id)
        if evidence.state is not PaperState.RECEIVED or file.slot != evidence.slot:
            raise NotAllowed("Ya revisamos lo que envió: no se puede quitar.")
        if actor.account_id not in (policy.account_id, file.sender_id):
            raise NotAllowed("Lo envió otra persona. Solo puede quitarlo quien lo envió o el cliente.")
        uploads.withdraw(file, actor)
        contracting.added(policy.purchase_id)
        db.session.flush()
        if not _live(evidence):
            evidence.move_to(PaperState.PENDING if evidence.attempt == 1 else PaperState.OBSERVED)
            evidence.received_at = evidence.confirm_at = None


def file_of(policy: Policy, file_id: int) -> StoredFile:
    """A file of the policy's evidence. Raises NotFound."""
    return _file(policy, file_id)[0]


_ACCEPTED = "Ya la aceptamos: no hace falta enviar otra."


def _open(policy: Policy, kind: EvidenceKind) -> Evidence:
    """Its row, made when nothing was sent yet. Raises NotAllowed."""
    if policy.state_at(clock.now()) is PolicyState.CANCELLED:
        raise NotAllowed("Esta póliza está anulada: ya no hace falta registrar evidencia.")
    known = select(Evidence).where(Evidence.purchase_id == policy.purchase_id, Evidence.kind == kind)
    evidence = db.session.scalars(known).one_or_none()
    if evidence is None:
        try:
            with writing() as session:
                session.add(Evidence(purchase_id=policy.purchase_id, kind=kind))
        except IntegrityError:
            pass  # two files at once: the other one made it
        evidence = db.session.scalars(known).one()
    if evidence.state is PaperState.ACCEPTED:
        raise NotAllowed(_ACCEPTED)
    return evidence


def _hold(evidence_id: int) -> Evidence:
    """The row as it is now, until the commit: a decision and a file that arrives come one after the other."""
    return db.session.get_one(Evidence, evidence_id, with_for_update=NOT_THE_KEY, populate_existing=True)


def _make_room(evidence: Evidence, file: StoredFile, instead_of: int | None, actor: Actor) -> None:
    """Take away what the file is sent in the place of."""
    others = [one for one in _live(evidence) if one.id != file.id]
    if evidence.kind.most > 1:
        others = [one for one in others if one.id == instead_of]
    for one in others:
        uploads.withdraw(one, actor)


def _live(evidence: Evidence) -> Sequence[StoredFile]:
    query = select(StoredFile).filter_by(owner_kind=Evidence.FILES, owner_id=evidence.id, slot=evidence.slot)
    return db.session.scalars(query.where(StoredFile.state.in_((FileState.STORED, FileState.LOST)))).all()


def _file(policy: Policy, file_id: int) -> tuple[StoredFile, Evidence]:
    row = db.session.execute(
        select(StoredFile, Evidence)
        .join(Evidence, Evidence.id == StoredFile.owner_id)
        .where(
            StoredFile.id == file_id,
            StoredFile.owner_kind == Evidence.FILES,
            StoredFile.state != FileState.REMOVED,
            Evidence.purchase_id == policy.purchase_id,
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _collected(kind: EvidenceKind, evidence: Evidence | None, sent: Sequence[Sent]) -> Collected:
    if evidence is None:
        return Collected(kind, None, (), ())
    own = [one for one in sent if one.file.owner_id == evidence.id]
    return Collected(
        kind,
        evidence,
        [one for one in own if one.file.slot == evidence.slot],
        [one for one in own if one.file.slot != evidence.slot],
    )
