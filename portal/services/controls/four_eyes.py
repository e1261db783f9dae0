"""Four eyes (B11): one of the staff proposes, another one decides, and the caller applies it in the same commit.

Whatever is proposed, its subject stays as it was until somebody accepts; what was turned down can be proposed again.
The caller opens the transaction, checks that nobody judges what is their own, and writes the audit row, last.
"""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.decision import DECIDERS, DecisionKind
from portal.domain.errors import DomainError, NotAllowed
from portal.domain.typed import clean
from portal.extensions import db
from portal.models import Decision

_PROPOSED = "Otra persona ya lo propuso. Actualice la página para verlo."
_DECIDED = "Otra persona ya lo decidió. Actualice la página para ver cómo quedó."
# The second press of a double one, which reads what became of the first.
_OWN_PROPOSAL = "Usted ya lo propuso: quedó anotado una sola vez. Falta que lo confirme otra persona."
_OWN_DECISION = "Usted ya lo decidió: quedó anotado una sola vez. Actualice la página para ver cómo quedó."


def propose(kind: DecisionKind, subject_id: int, proposal: dict[str, Any], note: str, actor: Actor) -> Decision:
    """Propose what to do about a subject, in the present transaction. `proposal` holds ids, states and amounts, never
    personal data; `note` is why, in the proposer's words. Raises DomainError while another proposal is open."""
    open_one = proposed(kind, subject_id)
    if open_one is not None:
        raise DomainError(_OWN_PROPOSAL if open_one.proposed_by_id == actor.account_id else _PROPOSED)
    decision = Decision(
        kind=kind, subject_id=subject_id, proposal=proposal, note=clean(note), proposed_by_id=_member(actor)
    )
    db.session.add(decision)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise DomainError(_PROPOSED) from error  # somebody proposed at the same moment and came first
    return decision


def decide(kind: DecisionKind, subject_id: int, actor: Actor, *, accepted: bool) -> Decision:
    """Decide what is proposed about a subject, in the present transaction; the caller applies what was accepted.
    Of two who decide at once one does. Raises NotAllowed for the proposer and for a role that may not decide, and
    DomainError when nothing is open any more."""
    decision = proposed(kind, subject_id)
    if decision is None:
        raise DomainError(_OWN_DECISION if _decided_last(kind, subject_id) == actor.account_id else _DECIDED)
    if decision.proposed_by_id == actor.account_id:
        raise NotAllowed("Lo propuso usted: lo confirma o lo rechaza otra persona.")
    if actor.role not in DECIDERS[kind]:
        raise NotAllowed("Esta decisión la toma un supervisor.")
    taken = db.session.scalars(
        update(Decision)
        .where(Decision.id == decision.id, Decision.decided_at.is_(None))
        .values(decided_by_id=_member(actor), decided_at=clock.now(), accepted=accepted)
        .returning(Decision)
    ).one_or_none()
    if taken is None:
        raise DomainError(_DECIDED)
    return taken


def decide_shown(kind: DecisionKind, subject_id: int, actor: Actor, *, shown: int | None, accepted: bool) -> Decision:
    """As `decide`, of the proposal `shown` on the page. Raises DomainError too when something else is proposed by
    now."""
    decision = decide(kind, subject_id, actor, accepted=accepted)
    if decision.id != shown:
        raise DomainError("Lo propuesto cambió mientras usted lo leía. Léalo otra vez antes de decidir.")
    return decision


def proposed(kind: DecisionKind, subject_id: int) -> Decision | None:
    """What is proposed about a subject and waits for somebody else, if anything."""
    return db.session.scalars(
        select(Decision).where(Decision.kind == kind, Decision.subject_id == subject_id, Decision.decided_at.is_(None))
    ).one_or_none()


def may_decide(decision: Decision, actor: Actor) -> bool:
    """Whether the actor could be the second person."""
    return decision.proposed_by_id != actor.account_id and actor.role in DECIDERS[decision.kind]


def _decided_last(kind: DecisionKind, subject_id: int) -> int | None:
    """Who decided the newest proposal about a subject."""
    return db.session.scalar(
        select(Decision.decided_by_id)
        .where(Decision.kind == kind, Decision.subject_id == subject_id, Decision.decided_at.is_not(None))
        .order_by(Decision.id.desc())
        .limit(1)
    )


def _member(actor: Actor) -> int:
    if actor.account_id is None or not actor.is_staff:
        raise NotAllowed("Esto lo hace solo nuestro personal.")
    return actor.account_id
