"""A policy's state and what it says, at a moment, for the database: the twin of the rules of domain.policy."""

from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select
from sqlalchemy.orm import aliased

from portal.domain.policy import Matter, PolicyState, kinds_stating
from portal.models import Endorsement, Policy


def in_state(state: PolicyState, moment: datetime) -> ColumnElement[bool]:
    """That the policy is in that state: a condition (`Cover.state_at`)."""
    is_cancelled = and_(Policy.cancelled_at.is_not(None), Policy.cancelled_at <= moment)
    return {
        PolicyState.PENDING: and_(~is_cancelled, Policy.starts_at > moment),
        PolicyState.ACTIVE: and_(~is_cancelled, Policy.starts_at <= moment, Policy.ends_at > moment),
        PolicyState.EXPIRED: and_(~is_cancelled, Policy.ends_at <= moment),
        PolicyState.CANCELLED: is_cancelled,
    }[state]


def protects(moment: datetime) -> ColumnElement[bool]:
    """That the policy protects then, or will: a condition (`PolicyState.protects`)."""
    return and_(~in_state(PolicyState.CANCELLED, moment), Policy.ends_at > moment)


def is_in_force(matter: Matter, moment: datetime) -> ColumnElement[bool]:
    """That the endorsement states the policy's terms, or its beneficiaries: a condition to join one of each policy
    (`Cover.in_force_at`). A page chooses its policies before it joins: PostgreSQL would look through those of all."""
    later = aliased(Endorsement)
    number = (
        select(later.number)
        .where(
            later.policy_id == Policy.id,
            later.number > 0,
            later.kind.in_(kinds_stating(matter)),
            later.effective_at <= moment,
            later.effective_at < Policy.ends_at,
            or_(Policy.cancelled_at.is_(None), later.effective_at < Policy.cancelled_at),
        )
        .order_by(later.effective_at.desc(), later.number.desc())
        .limit(1)
        .correlate(Policy)
        .scalar_subquery()
    )
    return and_(Endorsement.policy_id == Policy.id, Endorsement.number == func.coalesce(number, 0))


def cancelled_from() -> ScalarSelect[datetime]:
    """What the endorsements say of `Policy.cancelled_at` (`domain.policy.cancelled_from`)."""
    ending = aliased(Endorsement)
    return (
        select(func.min(ending.effective_at))
        .where(ending.policy_id == Policy.id, ending.kind.in_(kinds_stating(Matter.END)))
        .correlate(Policy)
        .scalar_subquery()
    )
