"""What the staff writes down about a claim for each other. No claimant ever reads it."""

from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.typed import clean
from portal.models import ClaimNote
from portal.models.transaction import writing
from portal.services.claims import sight
from portal.services.platform import audit

LONGEST = 1000


def write(number: str, words: str, actor: Actor) -> None:
    """Keep a note. Raises NotFound, HasPart, DomainError on `nota`."""
    words = clean(words)
    if not words:
        raise DomainError("Escriba la nota.", "nota")
    if len(words) > LONGEST:
        raise DomainError(f"Use {LONGEST} letras como máximo.", "nota")
    with writing() as session:
        claim = sight.readable(number, actor)
        session.add(ClaimNote(claim_id=claim.id, author_id=actor.account_id, words=words))
        audit.record(actor, "claim.note", f"claim:{number}")
