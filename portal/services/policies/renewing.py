"""The policy that follows one: which it is, and why there can be none. Source: docs/rules.md, Administer."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from sqlalchemy import ColumnElement, ScalarSelect, exists, or_, select
from sqlalchemy.orm import aliased

from portal.domain.claim import OPEN_CLAIMS, ClaimState
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import Claim, Policy, Quote
from portal.services.catalogue import offers
from portal.services.catalogue.offers import Offer
from portal.services.catalogue.renewals import renewal_terms


class Obstacle(Enum):
    """Why no policy can follow one, whatever the day."""

    RENEWED = auto()  # it has been renewed
    ENDED_EARLY = auto()  # somebody ended it, or will
    DIED = auto()  # a death was told of that it pays


@dataclass(frozen=True, slots=True)
class Sight:
    """What stands around a policy: the numbers of the one that it renews and of the one that renews it, the version of
    its product on sale, and whether a death was told of that it pays."""

    before: str | None
    after: str | None
    offer: Offer | None
    death_is_told: bool


def may_be_renewed(policy: Policy, moment: datetime) -> bool:
    """Whether its holder is offered to renew it at `moment`, as far as its own dates go, where it is not renewed yet
    (`is_renewed`) and its product is on sale. The page says what else may be against it."""
    return policy.cancelled_at is None and renewal_terms().is_open(policy.ends_at, moment)


def is_renewed() -> ColumnElement[bool]:
    """That another policy renews it, and is not cancelled: a condition on Policy."""
    newer = aliased(Policy)
    return exists().where(newer.renews_id == Policy.id, newer.cancelled_at.is_(None))


def number_of_renewal() -> ScalarSelect[str]:
    """The number of the policy that renews `Policy`, and is not cancelled."""
    newer = aliased(Policy)
    its = select(newer.number).where(newer.renews_id == Policy.id, newer.cancelled_at.is_(None))
    return its.correlate(Policy).scalar_subquery()


def number_renewed() -> ScalarSelect[str]:
    """The number of the policy that `Policy` renews."""
    older = aliased(Policy)
    return select(older.number).where(older.id == Policy.renews_id).correlate(Policy).scalar_subquery()


def beside(policy: Policy, moment: datetime) -> list[str]:
    """The numbers of the policies of the year before and after that protect at `moment`, or will: each names its own
    beneficiaries. One query."""
    its = select(Policy.number).where(or_(Policy.renews_id == policy.id, Policy.id == policy.renews_id))
    goes_on = its.where(Policy.ends_at > moment, Policy.cancelled_at.is_(None) | (Policy.cancelled_at > moment))
    return list(db.session.scalars(goes_on.order_by(Policy.id)))


def sight(policy: Policy) -> Sight:
    """What stands around it now: one query."""
    product = offers.offer(policy.product_version_id).product
    deaths = [one.code for one in product.coverages if one.on_death]
    told = exists().where(
        Claim.policy_id == policy.id,
        Claim.coverage_code.in_(deaths),
        Claim.state.in_((*OPEN_CLAIMS, ClaimState.PAID)),
    )
    older, newer = aliased(Policy), aliased(Policy)
    renews_it = select(newer.number).where(newer.renews_id == policy.id, newer.cancelled_at.is_(None))
    before, after, version_id, is_told = db.session.execute(
        select(
            select(older.number).where(older.id == policy.renews_id).scalar_subquery(),
            renews_it.scalar_subquery(),
            offers.id_on_sale(product.slug).scalar_subquery(),
            told,
        )
    ).one()
    return Sight(before, after, None if version_id is None else offers.offer(version_id), is_told)


def obstacle(policy: Policy, seen: Sight) -> Obstacle | None:
    """Why it can't be renewed on any day, or None."""
    if policy.cancelled_at is not None:
        return Obstacle.DIED if policy.ended_by_payment else Obstacle.ENDED_EARLY
    if seen.after is not None:
        return Obstacle.RENEWED
    return Obstacle.DIED if seen.death_is_told else None


def is_over(quote: Quote) -> bool:
    """Whether the quote was made to renew a policy that can't be renewed any more."""
    if quote.purpose is not QuotePurpose.RENEWAL:
        return False
    policy = renewed_by(quote)
    return obstacle(policy, sight(policy)) is not None


def renewed_by(quote: Quote) -> Policy:
    """The policy that a quote of that purpose renews, as it stands now."""
    return db.session.get_one(Policy, quote.policy_id, populate_existing=True)


def link(policy: Policy, quote: Quote) -> None:
    """Let a policy that is being issued follow the one that its quote renews, in the present transaction."""
    if quote.purpose is not QuotePurpose.RENEWAL:
        return
    before = renewed_by(quote)
    policy.renews = before
    if policy.starts_at <= before.ends_at:
        policy.covered_since = before.covered_since or before.starts_at
