"""The letters of a claim's answer and of a review: for each person who is in it, and for the staff, since no mail
reaches some of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, select, union_all

from portal.domain.actor import Actor
from portal.domain.claim import AppealState
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import Appeal, Claim, ClaimAward, ClaimParty, Document
from portal.services.claims import parties, sight
from portal.services.documents import kinds, store
from portal.services.documents.kinds import DocumentKind

_TITLES = {kinds.CLAIM_LETTER.code: "Carta de decisión", kinds.APPEAL_LETTER.code: "Respuesta a su revisión"}


@dataclass(frozen=True, slots=True)
class Letter:
    """One, and to whom it is."""

    document: Document
    to: ClaimParty

    @property
    def title(self) -> str:
        """What it is called for its reader."""
        return _TITLES[self.document.kind]


def own(claim: Claim, actor: Actor) -> list[Letter]:
    """Those to the actor and to the minors that they act for, the oldest first: one query, once the claim was
    answered."""
    return _to(parties.own(claim, actor)) if claim.decided_at else []


def find(claim: Claim, letter_id: int, actor: Actor) -> Document:
    """One of those. Raises NotFound."""
    for letter in _to(parties.own(claim, actor)):
        if letter.document.id == letter_id:
            return letter.document
    raise NotFound("No encontramos esa carta.")


def of(number: str, award_id: int, actor: Actor) -> Document:
    """The letter to one person, for the staff who reads the claim's files. Raises NotFound, HasPart."""
    claim = sight.readable(number, actor)
    award = db.session.get(ClaimAward, award_id)
    letter = store.find(kinds.CLAIM_LETTER, award) if award and award.resolution.claim_id == claim.id else None
    if letter is None:
        raise NotFound("No encontramos esa carta.")
    return letter


def of_appeal(appeal: Appeal) -> Document | None:
    """The letter that answered a review."""
    return None if appeal.state is AppealState.OPEN else store.find(kinds.APPEAL_LETTER, appeal)


def _to(people: Sequence[ClaimParty]) -> list[Letter]:
    made = union_all(
        _of(kinds.CLAIM_LETTER, ClaimAward, people),
        _of(kinds.APPEAL_LETTER, Appeal, people),
    ).subquery()
    query = select(Document, made.c.party_id).join(made, made.c.id == Document.id).order_by(Document.id)
    known = {one.id: one for one in people}
    return [Letter(document, known[party_id]) for document, party_id in db.session.execute(query)]


def _of(kind: DocumentKind[Any], subject: type[ClaimAward | Appeal], people: Sequence[ClaimParty]) -> Any:
    letter = and_(Document.kind == kind.code, Document.subject_id == subject.id)
    to_them = subject.party_id.in_([one.id for one in people])
    return select(Document.id, subject.party_id).join(subject, letter).where(to_them)
