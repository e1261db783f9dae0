"""Whoever has a policy is told before it ends, and on the day itself, each once and never without need (B07).

Source: docs/rules.md, Administer. What was looked at is a row, written with its mail in one transaction: begun twice or
killed between, each is told once.
"""

from collections.abc import Sequence
from datetime import datetime, time

import structlog
from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.exc import IntegrityError

from portal.domain import clock
from portal.domain.clock import LIMA
from portal.domain.renewal import ENDED
from portal.extensions import db
from portal.models import Policy, RenewalNotice
from portal.models.transaction import end_reading, writing
from portal.services.catalogue.renewals import renewal_terms
from portal.services.messaging import outgoing
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.mails.renewal import PolicyEnding, PolicyEndsForGood, PolicyExpired
from portal.services.policies import policy as policies
from portal.services.policies import renewing
from portal.services.servicing import renewal

log = structlog.get_logger(__name__)

_AT_ONCE = 500  # of a level; what is more waits for the next round


def tell_due() -> int:
    """Look at each policy whose end has come so near that its holder is told, and mail them. How many mails."""
    moment = clock.now()
    return sum(_tell(number, level) for level in renewal_terms().levels for number in _due(level, moment))


def _due(level: int, moment: datetime) -> Sequence[int]:
    """The soonest to end of those that nobody looked at for that level."""
    after, until = renewal_terms().ends_between(level, moment)
    seen = exists().where(RenewalNotice.policy_id == Policy.id, RenewalNotice.level == level, ~_is_to_look_at(moment))
    query = (
        select(Policy.id)
        .where(Policy.cancelled_at.is_(None), Policy.ends_at > after, Policy.ends_at <= until, ~seen)
        .order_by(Policy.ends_at, Policy.id)
        .limit(_AT_ONCE)
    )
    found = db.session.scalars(query).all()
    end_reading()
    return found


def _tell(policy_id: int, level: int) -> bool:
    try:
        with writing() as session:
            notice = _notice(policy_id, level)
            if notice is None:
                return False
            policy = session.get_one(Policy, policy_id)
            mail = _mail(policy, level, clock.now())
            if mail is None:
                return False
            account = policy.account
            notice.message_id = outgoing.queue(mail, to=account.email, account=account, policy=policy).id
    except IntegrityError:
        if db.session.scalar(select(RenewalNotice.id).where(_is_look(policy_id, level))) is None:
            log.exception("renewal_notice_failed", policy_id=policy_id, level=level)
        end_reading()
        return False  # else somebody else has looked
    except Exception:
        log.exception("renewal_notice_failed", policy_id=policy_id, level=level)
        return False
    return True


def _notice(policy_id: int, level: int) -> RenewalNotice | None:
    """The row of that look, in the present transaction; None when somebody else looked."""
    moment = clock.now()
    its = select(RenewalNotice).where(_is_look(policy_id, level))
    known = db.session.scalars(its.with_for_update()).one_or_none()
    if known is None:
        notice = RenewalNotice(policy_id=policy_id, level=level)
        db.session.add(notice)
        db.session.flush()  # whoever looks at the same moment waits here, and fails
        return notice
    if not db.session.scalar(select(exists().where(RenewalNotice.id == known.id, _is_to_look_at(moment)))):
        return None
    known.created_at = moment
    return known


def _is_look(policy_id: int, level: int) -> ColumnElement[bool]:
    return and_(RenewalNotice.policy_id == policy_id, RenewalNotice.level == level)


def _is_to_look_at(moment: datetime) -> ColumnElement[bool]:
    """Of what is told early, when terms change: that nothing was to be told when it was looked at, on another day.
    What changes later is told then."""
    midnight = datetime.combine(clock.lima(moment).date(), time(), tzinfo=LIMA)
    early = RenewalNotice.level == renewal_terms().changed_terms_days
    return and_(early, RenewalNotice.message_id.is_(None), RenewalNotice.created_at < midnight)


def _mail(policy: Policy, level: int, moment: datetime) -> Mail | None:
    """What is told, or None when there is nothing to tell: it goes on in another, was ended, or its insured has died;
    or nothing changes that is told so early."""
    seen = renewing.sight(policy)
    why_not = renewal.why_not(policy, moment, seen)
    if why_not is not None and why_not.is_told:
        product, _ = policies.plan_of(policy, moment)
        return PolicyEndsForGood(policy=policy, product=product, why_not=why_not.words, has_ended=level == ENDED)
    if seen.offer is None or why_not is not None:
        return None
    found = renewal.preview(policy, moment, seen.offer)
    if level == ENDED:
        closes_on = renewal_terms().closes_on(policy.ends_at)
        return PolicyExpired(policy=policy, product=found.product, plan=found.plan, closes_on=closes_on)
    mail = PolicyEnding(policy=policy, product=found.product, plan=found.plan, paid=found.paid, changes=found.changes)
    return mail if mail.differs or level != renewal_terms().changed_terms_days else None
