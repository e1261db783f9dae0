"""The history of a claim and the notes of the staff, as the desk reads both."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Integer, cast, null, select, union_all
from sqlalchemy.orm import aliased

from portal.domain.claim import ClaimEventKind
from portal.extensions import db
from portal.models import Account, ClaimEvent, ClaimNote, Person
from portal.models.types import state_type


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, by `kind`; or, without one, a note. `who`: the colleague or customer who did it; nobody
    where the portal did, or somebody without an account."""

    id: int
    at: datetime
    who: str
    is_staff: bool
    kind: ClaimEventKind | None
    words: str
    facts: dict[str, Any]
    paper_id: int | None
    party_id: int | None


def of(claim_id: int) -> tuple[Sequence[Happening], int]:
    """All of a claim, the newest first, and the key of the newest event. One query."""
    note, event = ClaimNote.__table__.c, ClaimEvent.__table__.c
    happened = select(
        event.id, event.at, event.kind, event.words, event.facts, event.paper_id, event.party_id, event.actor_id
    ).where(event.claim_id == claim_id)
    written = select(
        note.id,
        note.created_at,
        cast(null(), state_type(ClaimEventKind)),
        note.words,
        cast(null(), JSON),
        cast(null(), Integer),
        cast(null(), Integer),
        note.author_id,
    ).where(note.claim_id == claim_id)
    both = union_all(happened, written).subquery()
    actor, person = aliased(Account), aliased(Person)
    rows = db.session.execute(
        select(both, actor.is_staff, person.names, person.paternal_surname)
        .outerjoin(actor, actor.id == both.c.actor_id)
        .outerjoin(person, person.id == actor.person_id)
        .order_by(both.c.at.desc(), both.c.id.desc())
    ).all()
    found = [
        Happening(
            id=row.id,
            at=row.at,
            who=f"{row.names.split()[0]} {row.paternal_surname}" if row.names else "",
            is_staff=bool(row.is_staff),
            kind=row.kind,
            words=row.words,
            facts=row.facts or {},
            paper_id=row.paper_id,
            party_id=row.party_id,
        )
        for row in rows
    ]
    return found, max((one.id for one in found if one.kind is not None), default=0)
