"""A customer's own policies, as a list shows them (S30)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import SelectBase, exists, select, union_all
from sqlalchemy.orm import aliased, lazyload

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.catalogue import Plan, Product
from portal.domain.policy import Matter, PolicyState, standing
from portal.extensions import db
from portal.models import Endorsement, Policy, ProductVersion
from portal.services.catalogue import offers
from portal.services.catalogue.renewals import renewal_terms
from portal.services.platform import paging
from portal.services.policies import at_moment, renewing


@dataclass(frozen=True, slots=True)
class OwnPolicy:
    """A policy in a list, with its terms in force. `is_on_sale`: its product can be quoted today. `renewed_by`: the
    number of the policy that renews it; `is_dead`: the death of whom it insures was told, and nobody is asked to
    renew it."""

    id: int
    policy: Policy
    terms: Endorsement
    product: Product
    plan: Plan
    state: PolicyState
    is_on_sale: bool
    renewed_by: str | None
    is_dead: bool = False

    @property
    def standing(self) -> str:
        """Its state, and the day that matters next."""
        return standing(self.policy.cover, clock.now())

    @property
    def is_near_end(self) -> bool:
        """Whether its holder is told that it ends soon."""
        is_near = renewal_terms().is_near_end(self.policy.cover, clock.now())
        return is_near and self.renewed_by is None and not self.is_dead

    @property
    def may_be_renewed(self) -> bool:
        """Whether its holder is offered to renew it."""
        is_open = renewing.may_be_renewed(self.policy, clock.now())
        return is_open and self.is_on_sale and self.renewed_by is None and not self.is_dead


def lines(actor: Actor, *, state: PolicyState | None = None, before: int | None = None, limit: int) -> list[OwnPolicy]:
    """The actor's policies older than the line `before`, newest first: of one state, or all. One query."""
    now = clock.now()
    mine = select(Policy.id).where(Policy.account_id == actor.account_id)
    if state is not None:
        mine = mine.where(at_moment.in_state(state, now))
    page = paging.newest(mine, Policy.id, before=before, limit=limit)
    return chosen(select(page.subquery().c.id), now)


def in_force(actor: Actor, *, ending: int, others: int) -> Sequence[OwnPolicy]:
    """The actor's policies that protect, now or soon: as many as `ending` of those near their end, the soonest to end
    before the rest, and the newest of the others; and as many of those that ended and may still be renewed. The newest
    come first. One query."""
    now = clock.now()
    soon = renewal_terms().latest_end(now)
    mine = select(Policy.id).where(Policy.account_id == actor.account_id, at_moment.protects(now))
    near = mine.where(Policy.ends_at <= soon).order_by(Policy.ends_at).limit(ending)
    later = mine.where(Policy.ends_at > soon).order_by(Policy.id.desc()).limit(others)
    ended = (
        select(Policy.id)
        .where(Policy.account_id == actor.account_id, at_moment.in_state(PolicyState.EXPIRED, now))
        .where(Policy.ends_at >= renewal_terms().earliest_end(now), ~renewing.is_renewed())
        .order_by(Policy.ends_at.desc())
        .limit(ending)
    )
    return chosen(union_all(*(select(one.subquery().c.id) for one in (near, later, ended))), now)


def named(actor: Actor, numbers: Sequence[str]) -> list[OwnPolicy]:
    """Those of the actor's policies that have these numbers."""
    mine = select(Policy.id).where(Policy.account_id == actor.account_id, Policy.number.in_(numbers))
    return chosen(mine, clock.now())


def chosen(ids: SelectBase, now: datetime) -> list[OwnPolicy]:
    """The lines of these policies, newest first. They were chosen from their own table alone: only for those few are
    the terms looked up, however many the actor has."""
    told = renewing.told_of(ids)
    query = _lines(now, told).where(Policy.id.in_(ids))
    found: dict[int, OwnPolicy] = {}
    for *row, _, code, version_id, by_notice in db.session.execute(query.order_by(Policy.id.desc())):
        line = found.get(row[0].id) or _line(row, now)
        found[line.id] = replace(line, is_dead=line.is_dead or renewing.is_death(code, version_id, by_notice))
    return list(found.values())


def _lines(now: datetime, told: Any) -> Any:
    sold, offered = aliased(ProductVersion), aliased(ProductVersion)
    is_on_sale = exists().where(
        sold.id == Policy.product_version_id, offered.slug == sold.slug, offered.withdrawn_at.is_(None)
    )
    return (
        select(Policy, Endorsement, is_on_sale, renewing.number_of_renewal(), *told.c)
        .select_from(Policy)
        .join(Endorsement, at_moment.is_in_force(Matter.TERMS, now))
        .outerjoin(told, told.c.id == Policy.id)
        .options(lazyload(Policy.endorsements), lazyload(Endorsement.beneficiaries))
    )


def _line(row: Any, now: datetime) -> OwnPolicy:
    policy, terms, is_on_sale, renewed_by = row
    product, plan = offers.sold(policy.product_version_id, terms.plan_code)
    return OwnPolicy(policy.id, policy, terms, product, plan, policy.state_at(now), is_on_sale, renewed_by)
