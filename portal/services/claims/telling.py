"""The beneficiaries of somebody who died are told within 48 hours: that the benefit exists, its sum, the policy's
number, the papers, and until when to claim (Ley 29355, 5th provision; DS 271-2009-EF, art. 7).

Source: docs/rules.md, Claims.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import joinedload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.backlog import Noun
from portal.domain.claim import PartyKind, TaskKind
from portal.domain.errors import DomainError, NotFound
from portal.domain.typed import line
from portal.extensions import db
from portal.models import Claim, ClaimNote, ClaimParty, ClaimTask, Person, Policy
from portal.models.people import names_person
from portal.models.transaction import writing
from portal.services.claims import claim as rows
from portal.services.controls import conflicts_of_interest
from portal.services.platform import audit
from portal.services.platform.pending import Pending

TO_TELL = Noun("familia por avisar", "familias por avisar")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Telling:
    """The task of one claim of a policy, with everybody who is named."""

    task: ClaimTask
    number: str
    policy_number: str
    people: Sequence[ClaimParty]

    @property
    def is_late(self) -> bool:
        """Whether its moment is past."""
        return self.task.done_at is None and clock.now() > self.task.due_at


def pending(_actor: Actor) -> Pending:
    """In how many claims somebody is still to be told, and until when the first."""
    return select(func.count(), func.min(ClaimTask.due_at)).where(
        ClaimTask.kind == TaskKind.TELL_BENEFICIARIES, ClaimTask.done_at.is_(None)
    )


def waiting(limit: int = 100) -> Sequence[Row[str | None, datetime]]:
    """The claims whose task is not done, by `number` and `due_at`, the most pressing first."""
    query = select(Claim.number, ClaimTask.due_at).join(Claim, Claim.id == ClaimTask.claim_id)
    undone = query.where(ClaimTask.kind == TaskKind.TELL_BENEFICIARIES, ClaimTask.done_at.is_(None))
    return db.session.execute(undone.order_by(ClaimTask.due_at, ClaimTask.id).limit(limit)).all()


def get(claim_number: str, actor: Actor) -> Telling:
    """Whom to tell of this claim. Raises NotFound, HasPart."""
    has_part = conflicts_of_interest.in_claim(Claim.id, actor)
    query = select(ClaimTask, Policy.number, has_part).join(Claim, Claim.id == ClaimTask.claim_id)
    found = db.session.execute(
        query.join(Policy, Policy.id == Claim.policy_id).where(
            Claim.number == claim_number, ClaimTask.kind == TaskKind.TELL_BENEFICIARIES
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    task, policy_number, is_own = found
    if is_own:
        raise conflicts_of_interest.HasPart(conflicts_of_interest.OWN_CLAIM)
    named = select(ClaimParty).where(ClaimParty.claim_id == task.claim_id, ClaimParty.kind == PartyKind.BENEFICIARY)
    people = db.session.scalars(named.options(joinedload(ClaimParty.represented_by)).order_by(ClaimParty.id)).all()
    return Telling(task, claim_number, policy_number, people)


def note(claim_number: str, party_id: int, words: str, actor: Actor, *, was_told: bool) -> None:
    """Write down that somebody was told, how and when; or what was tried. With everybody told the task is done. Raises
    DomainError on `como`, NotFound, HasPart."""
    how = line(words)
    if not how:
        raise DomainError("Escriba cómo le avisó, o qué intentó.", "como")
    if len(how) > _LONGEST:
        raise DomainError(f"Use {_LONGEST} letras como máximo.", "como")
    with writing() as session:
        claim = rows.hold(_claim_id(claim_number))
        found = get(claim_number, actor)
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


def owe_no_more(insured: Person) -> None:
    """Who was told of as dead lives: nobody is told of it from now on, in the present transaction."""
    theirs = select(Claim.id).join(Claim.policy).join(Policy.insured).where(names_person(Person, insured.identity))
    undone = delete(ClaimTask).where(
        ClaimTask.kind == TaskKind.TELL_BENEFICIARIES, ClaimTask.done_at.is_(None), ClaimTask.claim_id.in_(theirs)
    )
    db.session.execute(undone.execution_options(synchronize_session=False))


def _claim_id(number: str) -> int:
    found = db.session.scalar(select(Claim.id).where(Claim.number == number))
    if found is None:
        raise NotFound
    return found
