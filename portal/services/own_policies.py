"""A customer's own policies, as a list shows them (S30)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, lazyload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.catalogue import Plan, Product
from portal.domain.policy import NEAR_END, EndorsementKind, PolicyState, is_near_end
from portal.extensions import db
from portal.models import Endorsement, Policy, ProductVersion
from portal.services import catalogue


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """A policy in a list, with its terms in force. `is_on_sale`: its product can be quoted today."""

    id: int
    policy: Policy
    terms: Endorsement
    product: Product
    plan: Plan
    state: PolicyState
    is_on_sale: bool

    @property
    def is_near_end(self) -> bool:
        """Whether its holder is told that it ends soon."""
        return is_near_end(self.policy.ends_at, self.state, clock.now())


def lines(actor: Actor, *, state: PolicyState | None = None, before: int | None = None, limit: int) -> list[PolicyLine]:
    """The actor's policies older than the line `before`, newest first: of one state, or all. One query."""
    now = clock.now()
    conditions = [_is_in(state, now)] if state is not None else []
    if before is not None:
        conditions.append(Policy.id < before)
    return _chosen(actor, conditions, (Policy.id.desc(),), limit, now)


def in_force(actor: Actor, *, limit: int) -> Sequence[PolicyLine]:
    """The actor's policies that protect, now or soon: those near their end first, then the newest. One query."""
    now = clock.now()
    protects = or_(_is_in(PolicyState.ACTIVE, now), _is_in(PolicyState.PENDING, now))
    return _chosen(actor, [protects], ((Policy.ends_at <= now + NEAR_END).desc(), Policy.id.desc()), limit, now)


def _chosen(
    actor: Actor, conditions: Sequence[ColumnElement[bool]], order: Sequence[Any], limit: int, now: datetime
) -> list[PolicyLine]:
    """The first policies are chosen from their own table alone: only for those few are the terms looked up, however
    many the actor has."""
    first = select(Policy.id).where(Policy.account_id == actor.account_id, *conditions).order_by(*order).limit(limit)
    query = _lines().where(Policy.id.in_(select(first.subquery().c.id))).order_by(*order)
    return [_line(row, now) for row in db.session.execute(query)]


def _lines() -> Any:
    newer, sold, offered = aliased(Endorsement), aliased(ProductVersion), aliased(ProductVersion)
    newest = (
        select(func.max(newer.number))
        .where(newer.policy_id == Policy.id, newer.kind != EndorsementKind.ANNULMENT)
        .correlate(Policy)
        .scalar_subquery()
    )
    is_on_sale = exists().where(
        sold.id == Policy.product_version_id, offered.slug == sold.slug, offered.withdrawn_at.is_(None)
    )
    return (
        select(Policy, Endorsement, is_on_sale)
        .join(Endorsement, and_(Endorsement.policy_id == Policy.id, Endorsement.number == newest))
        .options(lazyload(Policy.endorsements), lazyload(Endorsement.beneficiaries))
    )


def _is_in(state: PolicyState, moment: datetime) -> ColumnElement[bool]:
    """The rule of `domain.policy.state_on` for the database, so that a filter fills its pages."""
    stands = or_(Policy.annulled_at.is_(None), Policy.annulled_at > moment)
    return {
        PolicyState.PENDING: and_(stands, Policy.starts_at > moment),
        PolicyState.ACTIVE: and_(stands, Policy.starts_at <= moment, Policy.ends_at > moment),
        PolicyState.EXPIRED: and_(stands, Policy.ends_at <= moment),
        PolicyState.ANNULLED: Policy.annulled_at <= moment,
    }[state]


def _line(row: Any, now: datetime) -> PolicyLine:
    policy, terms, is_on_sale = row
    product = catalogue.offer(policy.product_version_id).product
    plan = product.plan(terms.plan_code)
    return PolicyLine(policy.id, policy, terms, product, plan, policy.state_on(now), is_on_sale)
