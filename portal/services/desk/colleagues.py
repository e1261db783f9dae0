"""Who works here: colleagues are added, get another role, are suspended and come back.

Whoever works here handles money, so one supervisor proposes and another one confirms; suspending, which gives nobody
anything, is one's alone.
"""

from collections.abc import Sequence

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.decision import DecisionKind
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.staff import ROLE_NAMES
from portal.extensions import db
from portal.models import Account, Role
from portal.models.transaction import writing
from portal.services.authentication import recovery, sessions
from portal.services.controls import four_eyes
from portal.services.desk import newcomers
from portal.services.desk.newcomers import Newcomer
from portal.services.platform import audit

KIND = DecisionKind.STAFF_ROLE

_ONLY_SUPERVISORS = "Esto lo hace un supervisor."


def propose_new(who: Newcomer, actor: Actor) -> None:
    """Propose to add somebody: their account is there, and nobody can use it before another supervisor confirms.
    Raises NotAllowed, and DomainError on `usuario` or `numero_documento` for who is there already."""
    with newcomers.unique(), writing():
        _check_supervisor(actor)
        account = newcomers.reserve(who)
        four_eyes.propose(KIND, account.id, {"role": who.role.value, "admits": True}, "", actor)
        audit.record(actor, "staff.propose", who.username, role=who.role.value)


def propose(username: str, role: str, actor: Actor) -> None:
    """Propose another role for somebody, or that who is suspended comes back with it. Raises NotFound, NotAllowed for
    oneself, DomainError where it would change nothing or something else is proposed."""
    with writing():
        account = _other(username, actor)
        if account.disabled_at is None and account.role == role:
            raise DomainError(f"Ya tiene la función de {ROLE_NAMES[role]}.", "funcion")
        proposal = {"role": Role(role).value, "admits": account.disabled_at is not None}
        four_eyes.propose(KIND, account.id, proposal, "", actor)
        audit.record(actor, "staff.propose", username, role=role)


def decide(username: str, actor: Actor, *, shown: int | None, accepted: bool) -> None:
    """Confirm what another supervisor proposed of somebody, or turn it down. Who begins or comes back gets an initial
    password by mail; with another role one signs in again. `shown` is the proposal that the page showed. Raises
    NotFound, NotAllowed for the proposer and for oneself, DomainError when it is no longer as it was shown."""
    password, password_hash = newcomers.initial_password()
    with writing():
        account = _other(username, actor)
        decision = four_eyes.decide_shown(KIND, account.id, actor, shown=shown, accepted=accepted)
        if accepted:
            if decision.proposal["admits"] is not (account.disabled_at is not None):
                raise DomainError("La suspendieron o volvió después de que se propuso esto. Rechácelo.")
            account.role = Role(decision.proposal["role"])
            sessions.close_all(account.id)
            if decision.proposal["admits"]:
                account.disabled_at = None
                newcomers.begin(account, password, password_hash)
        told = {"proposed_by": decision.proposed_by_id, "role": decision.proposal["role"]}
        audit.record(actor, f"staff.{'accept' if accepted else 'reject'}", username, **told)


def suspend(username: str, actor: Actor) -> None:
    """Let somebody in no more, at once: their sessions end, and what they asked for to come in again. Raises NotFound,
    NotAllowed for oneself: so whoever is left is a supervisor."""
    with writing():
        account = _other(username, actor, to_suspend=True)
        if account.disabled_at is not None:
            return  # pressed twice
        account.disabled_at = clock.now()
        sessions.close_all(account.id)
        recovery.end_all(account.id)
        audit.record(actor, "staff.suspend", username)


def _other(username: str, actor: Actor, *, to_suspend: bool = False) -> Account:
    """Somebody else of the staff, held until the transaction ends, as the supervisors are: of two who suspend each
    other one does."""
    supervisors = _check_supervisor(actor)
    account = db.session.scalars(
        select(Account).where(Account.is_staff, Account.username == username).with_for_update(key_share=True)
    ).one_or_none()
    if account is None:
        raise NotFound("No hay nadie del personal con ese usuario.")
    if account.id == actor.account_id:
        alone = to_suspend and len(supervisors) == 1
        raise NotAllowed(
            "Usted es el único supervisor: sin otro que quede, su cuenta no se puede suspender."
            if alone
            else "De su propia cuenta decide otro supervisor."
        )
    return account


def _check_supervisor(actor: Actor) -> Sequence[int]:
    """The supervisors who can work, all held: the actor must still be one of them. Raises NotAllowed."""
    working = (Account.is_staff, Account.disabled_at.is_(None), Account.role == Role.SUPERVISOR)
    held = select(Account.id).where(*working).order_by(Account.id).with_for_update(key_share=True)
    supervisors = db.session.scalars(held).all()
    if actor.account_id not in supervisors:
        raise NotAllowed(_ONLY_SUPERVISORS)
    return supervisors
