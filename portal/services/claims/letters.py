"""The letters of a claim's answer, for the staff who reads its files: for whom no mail reaches them."""

from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import ClaimAward, Document
from portal.services.claims import sight
from portal.services.documents import kinds, store


def of(number: str, award_id: int, actor: Actor) -> Document:
    """The letter to one person. Raises NotFound, HasPart."""
    claim = sight.readable(number, actor)
    award = db.session.get(ClaimAward, award_id)
    letter = store.find(kinds.CLAIM_LETTER, award) if award and award.resolution.claim_id == claim.id else None
    if letter is None:
        raise NotFound("No encontramos esa carta.")
    return letter
