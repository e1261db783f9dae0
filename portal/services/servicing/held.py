"""A policy held to be changed, and the change of it that is open: of two at once the second sees the first."""

import secrets

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.domain.policy_change import ChangeKind, ChangeState
from portal.extensions import db
from portal.models import Policy, PolicyChange
from portal.models.transaction import NOT_THE_KEY
from portal.services.policies import policy as policies


def policy(number: str, actor: Actor) -> Policy:
    """One of the actor's own policies, in the present transaction: whoever else changes it, or is paid by it, waits.
    Raises NotFound."""
    its = select(Policy.id).where(Policy.number == number, Policy.account_id == actor.account_id)
    db.session.execute(its.with_for_update(of=Policy, **NOT_THE_KEY))
    return policies.get(number, actor)


def change(public_id: str, actor: Actor) -> PolicyChange:
    """A change of one of the actor's own policies. Raises NotFound."""
    found = db.session.scalars(
        select(PolicyChange)
        .join(PolicyChange.policy)
        .where(PolicyChange.public_id == public_id, Policy.account_id == actor.account_id)
    ).one_or_none()
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
    """The open change of that kind, or a new one, in the present transaction, in which the policy is held. One of
    another kind is withdrawn."""
    its = select(PolicyChange).where(PolicyChange.policy_id == held.id, PolicyChange.state == ChangeState.OPEN)
    found = db.session.scalars(its).one_or_none()
    if found is not None and found.kind is kind:
        return found
    if found is not None:
        withdraw(found)
    return PolicyChange(
        public_id=secrets.token_urlsafe(9), policy=held, asked_by_id=actor.account_id, kind=kind, state=ChangeState.OPEN
    )


def withdraw(change: PolicyChange) -> None:
    """Let go of an open change, and of whom it named, in the present transaction, so that another can be open."""
    change.move_to(ChangeState.WITHDRAWN)
    change.ended_at = clock.now()
    change.beneficiaries = []
    db.session.flush()
