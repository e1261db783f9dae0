"""The history of a claim: one row for each thing that happened, only ever added."""

from typing import Any

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import ClaimEventKind
from portal.extensions import db
from portal.models import Claim, ClaimEvent, ClaimPaper, ClaimParty


def record(
    claim: Claim,
    kind: ClaimEventKind,
    actor: Actor,
    *,
    party: ClaimParty | None = None,
    paper: ClaimPaper | None = None,
    words: str = "",
    **facts: Any,
) -> ClaimEvent:
    """Add what happened just now, in the present transaction. `words`: what was written to whom it concerns. `facts`
    hold ids, codes and amounts, never words about a person."""
    db.session.flush()  # what is new gets its key
    event = ClaimEvent(
        claim=claim,
        at=clock.now(),
        kind=kind,
        actor_id=actor.account_id,
        party_id=party.id if party else None,
        paper_id=paper.id if paper else None,
        words=words,
        facts=facts,
    )
    db.session.add(event)
    return event
