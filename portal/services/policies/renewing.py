"""The policy that follows one: which it is, and why there can be none. Source: docs/rules.md, Administer."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, SelectBase, and_, delete, exists, literal, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.orm.exc import StaleDataError

from portal.domain import waiting
from portal.domain.claim import ClaimEventKind, ClaimState, EventKind
from portal.domain.ending import Right
from portal.domain.policy import Cover
from portal.domain.policy_change import ChangeKind, ChangeState
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import (
    Claim,
    ClaimEvent,
    Message,
    Notice,
    NoticeMatch,
    Person,
    Policy,
    PolicyChange,
    ProductVersion,
    Quote,
    RenewalNotice,
)
from portal.models.people import names_person, same_person
from portal.services.catalogue import offers
from portal.services.catalogue.offers import Offer
from portal.services.catalogue.renewals import renewal_terms
from portal.services.messaging import outgoing
from portal.services.messaging.mails.servicing import ASKS_TO_BUY
from portal.services.policies import at_moment

_MOST = 30  # other policies looked at


class Obstacle(Enum):
    """Why no policy can follow one, whatever the day."""

    RENEWED = auto()  # it has been renewed
    ENDED_EARLY = auto()  # somebody ended it, or will
    DIED = auto()  # the death of whom it insures was told


@dataclass(frozen=True, slots=True)
class Sight:
    """What stands around a policy: the numbers of the one that it renews and of the one that renews it, the version of
    its product on sale, whether the death of whom it insures was told, and whether its end gave money back."""

    before: str | None
    after: str | None
    offer: Offer | None
    death_is_told: bool
    gave_back: bool


def may_be_renewed(policy: Policy, moment: datetime) -> bool:
    """Whether its holder is offered to renew it at `moment`, as far as its own dates go, where it is not renewed yet
    (`is_renewed`) and its product is on sale. The page says what else may be against it."""
    return policy.cancelled_at is None and renewal_terms().is_open(policy.ends_at, moment)


# Made once: an alias makes a column of its own for each that its table has.
_NEWER, _OLDER = aliased(Policy), aliased(Policy)


def is_renewed() -> ColumnElement[bool]:
    """That another policy renews it, and is not cancelled: a condition on Policy."""
    return exists().where(_renews(_NEWER))


def number_of_renewal() -> ScalarSelect[str]:
    """The number of the policy that renews `Policy`, and is not cancelled."""
    return select(_NEWER.number).where(_renews(_NEWER)).correlate(Policy).scalar_subquery()


def _renews(newer: Any) -> ColumnElement[bool]:
    """That it renews `Policy`, and is not cancelled."""
    return and_(newer.renews_id == Policy.id, newer.cancelled_at.is_(None))


def number_renewed() -> ScalarSelect[str]:
    """The number of the policy that `Policy` renews."""
    return select(_OLDER.number).where(_OLDER.id == Policy.renews_id).correlate(Policy).scalar_subquery()


def beside(policy: Policy, moment: datetime) -> list[str]:
    """The numbers of the policies of the year before and after that protect at `moment`, or will: each names its own
    beneficiaries. One query."""
    its = select(Policy.number).where(or_(Policy.renews_id == policy.id, Policy.id == policy.renews_id))
    return list(db.session.scalars(its.where(at_moment.protects(moment)).order_by(Policy.id)))


def sight(policy: Policy) -> Sight:
    """What stands around it now: one query."""
    slug = offers.offer(policy.product_version_id).product.slug
    told = told_of(select(literal(policy.id)))
    its_end = exists().where(
        PolicyChange.policy_id == Policy.id,
        PolicyChange.kind == ChangeKind.END,
        PolicyChange.state == ChangeState.DONE,
        PolicyChange.refund > Decimal(0),
    )
    rows = db.session.execute(
        select(number_renewed(), number_of_renewal(), offers.id_on_sale(slug).scalar_subquery(), its_end, *told.c)
        .select_from(Policy)
        .outerjoin(told, told.c.id == Policy.id)
        .where(Policy.id == policy.id)
    ).all()
    before, after, version_id, gave_back, *_ = rows[0]
    offer = None if version_id is None else offers.offer(version_id)
    return Sight(before, after, offer, any(is_death(*claim) for _, _, _, _, _, *claim in rows), gave_back)


def told_of(ids: SelectBase) -> Any:
    """What was told of whom these policies insure, under whatever policy of theirs, as a table to be joined: the
    policy's key, the claim's coverage, by which version, and whether a notice of a death is behind it (`is_death`).
    What was refused was told all the same: that it isn't paid doesn't say that the person lives, unless the answer
    does."""
    mine, me, other, them = aliased(Policy), aliased(Person), aliased(Policy), aliased(Person)
    by_notice = exists().where(
        NoticeMatch.claim_id == Claim.id, NoticeMatch.notice_id == Notice.id, Notice.kind == EventKind.DEATH
    )
    lives = exists().where(ClaimEvent.claim_id == Claim.id, ClaimEvent.kind == ClaimEventKind.LIVES)
    return (
        select(mine.id, Claim.coverage_code, other.product_version_id, by_notice.label("by_notice"))
        .join(me, me.id == mine.insured_id)
        .join(them, same_person(me, them))
        .join(other, other.insured_id == them.id)
        .join(Claim, Claim.policy_id == other.id)
        .where(mine.id.in_(ids), Claim.number.is_not(None), Claim.state != ClaimState.WITHDRAWN, ~lives)
        .subquery()
    )


def look_again(insured: Person) -> None:
    """What was looked at while their death was told, and told to nobody, is looked at anew: of their policies, in the
    present transaction. So is what was to be told, and that death ended before it left."""
    theirs = (
        select(Policy.id).join(Person, Person.id == Policy.insured_id).where(names_person(Person, insured.identity))
    )
    unsent = select(Message.id).where(Message.policy_id.in_(theirs), Message.sent_at.is_(None))
    untold = or_(RenewalNotice.message_id.is_(None), RenewalNotice.message_id.in_(unsent))
    anew = delete(RenewalNotice).where(RenewalNotice.policy_id.in_(theirs), untold)
    db.session.execute(anew.execution_options(synchronize_session=False))


def is_death(code: str | None, version_id: int | None, by_notice: bool | None) -> bool:
    """Whether a row of `told_of` tells of a death."""
    if by_notice or code is None or version_id is None:
        return bool(by_notice)
    return offers.offer(version_id).product.coverage(code).on_death


def has_died(person: Person) -> bool:
    """Whether a claim of their death was paid, under whatever policy and however that had ended. One query."""
    its = select(Claim.coverage_code, Policy.product_version_id).join(Claim.policy).join(Policy.insured)
    paid = its.where(Claim.state == ClaimState.PAID, names_person(Person, person.identity))
    return any(is_death(code, version_id, by_notice=False) for code, version_id in db.session.execute(paid))


def obstacle(policy: Policy, seen: Sight) -> Obstacle | None:
    """Why it can't be renewed on any day, or None."""
    if policy.cancelled_at is not None:
        return Obstacle.DIED if policy.ended_by_death else Obstacle.ENDED_EARLY
    if seen.after is not None:
        return Obstacle.RENEWED
    return Obstacle.DIED if seen.death_is_told else None


def is_over(quote: Quote) -> bool:
    """Whether the quote was made to renew a policy that can't be renewed any more."""
    if quote.purpose is not QuotePurpose.RENEWAL:
        return False
    policy = renewed_by(quote)
    return obstacle(policy, sight(policy)) is not None


def check_still(quote: Quote) -> None:
    """Asked last of what was issued, when the audit row makes writers wait for each other: of a death that is told, or
    an end that is confirmed, at this very moment one of the two sees the other. Raises StaleDataError, so that all is
    judged anew."""
    if has_died(quote.insured):
        raise StaleDataError("a death was paid at this very moment")
    if quote.purpose is not QuotePurpose.RENEWAL:
        return
    before = renewed_by(quote)
    if before.cancelled_at is not None or sight(before).death_is_told:
        raise StaleDataError(f"{before.number} can't be renewed any more since this very moment")


def renewed_by(quote: Quote) -> Policy:
    """The policy that a quote of that purpose renews, as it stands now."""
    return db.session.get_one(Policy, quote.policy_id, populate_existing=True)


def others_covers(policy: Policy) -> list[Cover]:
    """The covers of the same product that its holder has beside it for the same person: nothing of another holder's is
    told. One whose holder withdrew, and had all back, insured nobody. One query."""
    withdrawn = exists().where(
        PolicyChange.policy_id == Policy.id,
        PolicyChange.state == ChangeState.DONE,
        PolicyChange.right == Right.WITHDRAWAL,
    )
    query = select(Policy.starts_at, Policy.ends_at, Policy.cancelled_at).where(_is_alike(policy), ~withdrawn)
    with db.session.no_autoflush:
        return [Cover(*row) for row in db.session.execute(query.limit(_MOST))]


def goes_on_from(policy: Policy) -> ColumnElement[bool]:
    """That another policy goes on, without a gap, where this one ends by its term: a condition on Policy."""
    since = and_(Policy.starts_at == policy.ends_at, Policy.covered_since.is_not(None), Policy.cancelled_at.is_(None))
    return and_(_is_alike(policy), since)


def link(policy: Policy, quote: Quote) -> None:
    """Let a policy that is being issued follow the one that its quote renews, and say since when who it insures is so
    without a gap, however that was bought; in the present transaction."""
    if quote.purpose is QuotePurpose.RENEWAL:
        policy.renews = renewed_by(quote)
    since = waiting.insured_since(policy.starts_at, others_covers(policy))
    policy.covered_since = since if since < policy.starts_at else None
    if quote.purpose is QuotePurpose.RENEWAL:
        outgoing.end_calls(ASKS_TO_BUY, Message.policy_id == quote.policy_id)


def _is_alike(policy: Policy) -> ColumnElement[bool]:
    """Another one of the same product, holder and insured person."""
    slug = offers.offer(policy.product_version_id).product.slug
    versions = select(ProductVersion.id).where(ProductVersion.slug == slug)
    insured = select(Person.id).where(names_person(Person, policy.insured.identity))
    return and_(
        Policy.account_id == policy.account_id,
        Policy.product_version_id.in_(versions),
        Policy.insured_id.in_(insured),
        Policy.number != policy.number,
    )
