"""The beneficiaries of somebody who died are told within 48 hours: that the benefit exists, its sum, the policy's
number, the papers, and until when to claim (Ley 29355, 5th provision; DS 271-2009-EF, art. 7).

Source: docs/rules.md, Claims.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import Noun, Waiting
from portal.domain.claim import PartyKind, TaskKind
from portal.domain.errors import DomainError, NotFound
from portal.domain.typed import line
from portal.extensions import db
from portal.models import Claim, ClaimNote, ClaimParty, ClaimTask
from portal.models.transaction import writing
from portal.services.claims import claim as rows
from portal.services.controls import conflicts_of_interest
from portal.services.platform import audit

TO_TELL = Noun("familia por avisar", "familias por avisar")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Telling:
    """The task of one claim, with everybody who is named."""

    task: ClaimTask
    claim: Claim
    people: Sequence[ClaimParty]

    @property
    def is_late(self) -> bool:
        """Whether its moment is past."""
        return self.task.done_at is None and clock.now() > self.task.due_at


def count(_actor: Actor) -> Sequence[Waiting]:
    """In how many claims somebody is still to be told."""
    number, since = db.session.execute(
        select(func.count(), func.min(ClaimTask.due_at)).where(
            ClaimTask.kind == TaskKind.TELL_BENEFICIARIES, ClaimTask.done_at.is_(None)
        )
    ).one()
    return [Waiting(TO_TELL, number, since, needs_people=True)] if since else []


def waiting(limit: int = 100) -> Sequence[ClaimTask]:
    """The tasks that are not done, the most pressing first."""
    query = select(ClaimTask).where(ClaimTask.kind == TaskKind.TELL_BENEFICIARIES, ClaimTask.done_at.is_(None))
    return db.session.scalars(query.order_by(ClaimTask.due_at, ClaimTask.id).limit(limit)).all()


def get(claim_number: str, actor: Actor) -> Telling:
    """Whom to tell of this claim. Raises NotFound, HasPart."""
    query = select(ClaimTask).join(Claim, Claim.id == ClaimTask.claim_id)
    task = db.session.scalars(
        query.where(Claim.number == claim_number, ClaimTask.kind == TaskKind.TELL_BENEFICIARIES)
    ).one_or_none()
    if task is None:
        raise NotFound
    conflicts_of_interest.check_none(actor, task.claim.policy.purchase)
    people = [one for one in task.claim.parties if one.kind is PartyKind.BENEFICIARY]
    return Telling(task, task.claim, people)


def note(claim_number: str, party_id: int, words: str, actor: Actor, *, was_told: bool) -> None:
    """Write down that somebody was told, how and when; or what was tried. With everybody told the task is done. Raises
    DomainError on `como`, NotFound, HasPart."""
    how = line(words)
    if not how:
        raise DomainError("Escriba cómo le avisó, o qué intentó.", "como")
    if len(how) > _LONGEST:
        raise DomainError(f"Use {_LONGEST} letras como máximo.", "como")
    with writing() as session:
        found = get(claim_number, actor)
        claim = rows.hold(found.claim.id)
        party = next((one for one in found.people if one.id == party_id), None)
        if party is None:
            raise NotFound
        verb = "Se avisó" if was_told else "No se pudo avisar todavía"
        session.add(
            ClaimNote(claim_id=claim.id, author_id=actor.account_id, words=f"{verb} a {party.full_name}: {how}")
        )
        if was_told and party.told_at is None:
            party.told_at = clock.now()
        if found.task.done_at is None and all(one.told_at is not None for one in found.people):
            found.task.done_at, found.task.done_by_id = clock.now(), actor.account_id
        audit.record(actor, "claim.told" if was_told else "claim.not_told", f"claim:{claim.number}", party=party.id)
