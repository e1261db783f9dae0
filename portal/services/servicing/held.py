"""A policy held to be changed, and the change of it that is open: of two at once the second sees the first."""

import secrets
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.agencies import Agency
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.policy_change import ChangeKind, ChangeState
from portal.domain.purchase import PaymentMethod
from portal.extensions import db
from portal.models import Policy, PolicyChange
from portal.models.transaction import NOT_THE_KEY
from portal.services.catalogue import agencies
from portal.services.controls import access_log, conflicts_of_interest
from portal.services.payments.returning import Part
from portal.services.policies import policy as policies


def policy(number: str, actor: Actor) -> Policy:
    """One that the actor may change, in the present transaction: whoever else changes it, or is paid by it, waits.
    Raises NotFound."""
    its = select(Policy.account_id).where(Policy.number == number, _is_changed_by(actor))
    owner = db.session.scalar(its.with_for_update(of=Policy, **NOT_THE_KEY))
    return policies.get(number, Actor(account_id=owner))


def change(kind: ChangeKind, public_id: str, actor: Actor) -> PolicyChange:
    """A change of that kind, of a policy that the actor may change. Raises NotFound."""
    its = (PolicyChange.public_id == public_id, PolicyChange.kind == kind, _is_changed_by(actor))
    found = db.session.scalars(select(PolicyChange).join(PolicyChange.policy).where(*its)).one_or_none()
    if found is None:
        raise NotFound("No encontramos ese cambio.")
    return found


def newest(held: Policy, kind: ChangeKind) -> PolicyChange | None:
    """The newest change of a kind, however it ended: one query."""
    of_kind = select(func.max(PolicyChange.id)).where(PolicyChange.policy_id == held.id, PolicyChange.kind == kind)
    its = select(PolicyChange).where(PolicyChange.id == of_kind.scalar_subquery())
    found = db.session.scalars(its.options(joinedload(PolicyChange.beneficiaries))).unique().one_or_none()
    if found is not None:
        set_committed_value(found, "policy", held)  # loaded with all that it says: not asked again
    return found


def begin(held: Policy, kind: ChangeKind, actor: Actor) -> PolicyChange:
    """The open change of that kind that the actor asked for, or a new one, in the present transaction, in which the
    policy is held. Any other is withdrawn."""
    found = open_of(held)
    if found is not None and found.kind is kind and found.asked_by_id == actor.account_id:
        return found
    if found is not None:
        withdraw(found)
    return PolicyChange(
        public_id=secrets.token_urlsafe(9), policy=held, asked_by_id=actor.account_id, kind=kind, state=ChangeState.OPEN
    )


def open_of(held: Policy) -> PolicyChange | None:
    """The change of the policy that is open, of whatever kind: one query."""
    its = select(PolicyChange).where(PolicyChange.policy_id == held.id, PolicyChange.state == ChangeState.OPEN)
    return db.session.scalars(its).one_or_none()


def withdraw(change: PolicyChange) -> None:
    """Let go of an open change, and of whom it named, in the present transaction, so that another can be open."""
    change.move_to(ChangeState.WITHDRAWN)
    change.ended_at = clock.now()
    change.beneficiaries = []
    db.session.flush()


def _is_changed_by(actor: Actor) -> ColumnElement[bool]:
    """That the actor may change it: a customer their own; somebody of the staff that of whom they serve at the desk,
    while they have no part in it themselves. A condition on Policy."""
    if not actor.is_staff:
        return Policy.account_id == actor.account_id
    return and_(access_log.noted(Policy.account_id, actor), ~conflicts_of_interest.in_policy(Policy.id, actor))


def check_not_withdrawn(change: PolicyChange) -> None:
    """Raises NotAllowed for one that another took the place of since its code was passed."""
    if change.state is ChangeState.WITHDRAWN:
        raise NotAllowed("Mientras tanto empezó otro cambio de su póliza, y este se retiró. No cambió nada.")


def show_way(change: PolicyChange, parts: Sequence[Part], agency: Agency | None) -> None:
    """Write down how its money goes back: with the agency where some of it is collected. Cash without one was never
    shown: the code for what was is void."""
    in_cash = any(part.is_cash for part in parts)
    change.refund_method = PaymentMethod.CASH if in_cash else PaymentMethod.ACCOUNT
    change.refund_agency = agency.code if agency and in_cash else None


def agency(code: str | None) -> Agency:
    """Where cash that goes back is collected. Raises DomainError on the field `agencia`."""
    chosen = next((one for one in agencies.offered() if one.code == code), None)
    if chosen is None:
        raise DomainError("Elija la agencia donde recogerá su dinero.", "agencia")
    return chosen
