"""The staff's accounts, as a supervisor sees them: agencies, and second steps that must begin anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, select

from portal.domain import clock
from portal.domain.actor import SYSTEM, Actor
from portal.domain.agencies import Agency
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.staff import RESET_NAMES, ResetReason
from portal.extensions import db
from portal.models import Account, Decision, Role, UserSession
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.authentication import second_step, sessions
from portal.services.catalogue import agencies
from portal.services.controls import four_eyes
from portal.services.desk import colleagues
from portal.services.messaging import outgoing
from portal.services.messaging.mails.second_step import SecondStepReset
from portal.services.platform import audit, paging

_WORKING = (Account.is_staff, Account.disabled_at.is_(None))
_NOBODY = "No hay nadie del personal con ese usuario."


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the staff. `signed_in_at` is the last sign-in with both steps that is still remembered. `proposal`:
    what another supervisor is to confirm of them; `may_decide`: whether the actor is one who could."""

    id: int
    username: str
    full_name: str
    email: str
    role: str
    agency: Agency | None
    enrolled_at: datetime | None
    signed_in_at: datetime | None
    is_actor: bool
    is_suspended: bool
    proposal: Decision | None
    may_decide: bool


def members(actor: Actor, *, before: int | None = None, limit: int) -> Sequence[Member]:
    """The staff older than the member `before`, newest first. Raises NotAllowed."""
    query = paging.newest(_members(actor), Account.id, before=before, limit=limit)
    return [_member(*row, actor) for row in db.session.execute(query)]


def member(username: str, actor: Actor) -> Member:
    """One of the staff. Raises NotFound, NotAllowed."""
    row = db.session.execute(_members(actor).where(Account.username == username)).one_or_none()
    if row is None:
        raise NotFound(_NOBODY)
    return _member(*row, actor)


def set_agency(username: str, code: str | None, actor: Actor) -> None:
    """Say at which agency somebody works, or at none: a supervisor too, who is the second person where only one
    collaborator works. Raises NotFound, NotAllowed."""
    found = member(username, actor)
    agency = agencies.by_code(code) if code else None
    with writing() as session:
        account = session.get_one(Account, found.id, with_for_update=NOT_THE_KEY)
        account.agency_code = agency.code if agency else None
        audit.record(actor, "staff.agency", account.username, agency=account.agency_code)


def reset_second_step(username: str, reason: ResetReason, actor: Actor) -> None:
    """Turn somebody's second step off, so that their next sign-in begins a new one; ends their sessions and tells
    them by mail. Raises NotFound, NotAllowed for one's own, DomainError where there is nothing to reset."""
    found = member(username, actor)
    if found.is_actor:
        raise NotAllowed("Su propio segundo paso lo reinicia otro supervisor.")
    if found.is_suspended:
        raise NotAllowed("No puede ingresar: no hay segundo paso que reiniciar.")
    with writing() as session:
        supervisor = session.get_one(Account, actor.account_id).person
        _reset(found.id, reason, f"Un supervisor, {supervisor.full_name},")
        audit.record(actor, "second_step.reset", username, reason=reason.value)


def reset_last_second_step(username: str) -> None:
    """The same by whoever operates the portal, for a supervisor without another one. Raises NotFound, DomainError."""
    with writing() as session:
        account_id = session.scalar(select(Account.id).where(*_WORKING, Account.username == username))
        if account_id is None:
            raise NotFound(_NOBODY)
        _reset(account_id, ResetReason.LOST, "Quien opera el portal")
        audit.record(SYSTEM, "second_step.reset", username, reason=ResetReason.LOST.value, by="operator")


def _reset(account_id: int, reason: ResetReason, by: str) -> None:
    account = db.session.get_one(Account, account_id, with_for_update=NOT_THE_KEY)
    if account.totp_enrolled_at is None:
        raise DomainError("No hay nada que reiniciar: activará su segundo paso en su próximo ingreso.")
    second_step.erase(account)
    sessions.close_all(account.id)
    words = RESET_NAMES[reason]
    mail = SecondStepReset(reset_at=clock.now(), by=by, reason=words[0].lower() + words[1:])
    outgoing.queue(mail, to=account.email, account=account)


def _members(actor: Actor) -> Select[Account, datetime | None, Decision | None]:
    if actor.role != Role.SUPERVISOR:
        raise NotAllowed("Esto lo hace un supervisor.")
    signed_in_at = (
        select(func.max(UserSession.second_step_at))
        .where(UserSession.account_id == Account.id)
        .correlate(Account)
        .scalar_subquery()
    )
    is_open = and_(Decision.subject_id == Account.id, Decision.kind == colleagues.KIND, Decision.decided_at.is_(None))
    return select(Account, signed_in_at, Decision).outerjoin(Decision, is_open).where(Account.is_staff)


def _member(account: Account, signed_in_at: datetime | None, proposal: Decision | None, actor: Actor) -> Member:
    is_actor = account.id == actor.account_id
    return Member(
        id=account.id,
        username=account.username,
        full_name=account.person.full_name,
        email=account.email,
        role=account.role.value,
        agency=agencies.by_code(account.agency_code) if account.agency_code else None,
        enrolled_at=account.totp_enrolled_at,
        signed_in_at=signed_in_at,
        is_actor=is_actor,
        is_suspended=account.disabled_at is not None,
        proposal=proposal,
        may_decide=proposal is not None and not is_actor and four_eyes.may_decide(proposal, actor),
    )
