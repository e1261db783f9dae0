"""Who has a claim: taken by one of the staff, and given back. Two who press at once: one has it."""

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from portal.domain.actor import Actor
from portal.domain.errors import NotAllowed, NotFound
from portal.extensions import db
from portal.models import Claim, Notice, Policy, Role
from portal.models.transaction import writing
from portal.services.claims import notice_desk, queue, reach
from portal.services.controls import conflicts_of_interest
from portal.services.platform import audit


def take(number: str, actor: Actor) -> None:
    """Take a claim that nobody has; taken twice by one it is theirs once. Raises NotFound, HasPart, NotAllowed when
    somebody else has it."""
    with writing():
        claim = _held(number, actor)
        if claim.assignee_id not in (None, actor.account_id):
            raise NotAllowed("Otra persona ya lo tomó. Mire la lista otra vez.")
        if db.session.scalar(select(conflicts_of_interest.in_claim(claim.id, actor))):
            raise conflicts_of_interest.HasPart(conflicts_of_interest.OWN_CLAIM)
        if claim.assignee_id is None:
            claim.assignee_id = actor.account_id
            audit.record(actor, "claim.take", number)


def take_most_pressing(actor: Actor) -> tuple[str, bool]:
    """Take what nobody has and whose clock ends first, claim or notice, of those in which the actor has no part: its
    number, and whether it is a notice. Raises NotAllowed when nothing is left, or somebody else was quicker."""
    claims, notices = queue.open_claims(actor), queue.unmatched()
    free = (
        select(Notice.number, notices.c.due_at)
        .join(notices, notices.c.id == Notice.id)
        .where(notices.c.assignee_id.is_(None), ~conflicts_of_interest.in_notice(actor))
        .order_by(notices.c.due_at, notices.c.id),
        select(Claim.number, claims.c.due_at)
        .join(claims, claims.c.id == Claim.id)
        .where(claims.c.assignee_id.is_(None), ~conflicts_of_interest.in_claim(Claim.id, actor))
        .order_by(claims.c.due_at.nulls_last(), claims.c.id),
    )
    notice, claim = (db.session.execute(one.limit(1)).one_or_none() for one in free)
    if notice is not None and (claim is None or claim.due_at is None or notice.due_at <= claim.due_at):
        notice_desk.take(notice.number, actor)
        return notice.number, True
    if claim is None:
        raise NotAllowed("No queda ningún siniestro ni aviso libre.")
    take(claim.number, actor)
    return claim.number, False


def give_back(number: str, actor: Actor) -> None:
    """Let go of a claim, for somebody else to take; a supervisor lets go of anybody's. Raises NotFound, NotAllowed."""
    with writing():
        claim = _held(number, actor)
        if claim.assignee_id is not None and actor.account_id != claim.assignee_id and actor.role != Role.SUPERVISOR:
            raise NotAllowed("Lo tiene otra persona. Un supervisor puede dejarlo libre.")
        if claim.assignee_id is not None:
            claim.assignee_id = None
            audit.record(actor, "claim.give_back", number)


def _held(number: str, actor: Actor) -> Claim:
    query = (
        select(Claim)
        .join(Policy, Policy.id == Claim.policy_id)
        .where(Claim.number == number, reach.may_work_on(actor))
        .options(lazyload("*"))
        .with_for_update(of=Claim, key_share=True)
    )
    claim = db.session.scalars(query).one_or_none()
    if claim is None:
        raise NotFound("No encontramos ese siniestro.")
    return claim
