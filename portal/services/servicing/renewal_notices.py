"""Whoever has a policy is told before it ends, and on the day itself, each once and never without need (B07).

Source: docs/rules.md, Administer. What was looked at is a row, written with its mail in one transaction: begun twice or
killed between, each is told once.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from portal.domain import clock
from portal.domain.renewal import ENDED
from portal.extensions import db
from portal.models import Policy, RenewalNotice
from portal.models.transaction import end_reading, writing
from portal.services.catalogue.renewals import renewal_terms
from portal.services.messaging import outgoing
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.mails.renewal import PolicyEnding, PolicyExpired
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
    seen = exists().where(RenewalNotice.policy_id == Policy.id, RenewalNotice.level == level)
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
            notice = RenewalNotice(policy_id=policy_id, level=level)
            session.add(notice)
            session.flush()  # whoever looks at the same moment waits here, and fails
            policy = session.get_one(Policy, policy_id)
            mail = _mail(policy, level, clock.now())
            if mail is None:
                return False
            account = policy.account
            notice.message_id = outgoing.queue(mail, to=account.email, account=account, policy=policy).id
    except IntegrityError:
        return False  # somebody else has told of it
    except Exception:
        log.exception("renewal_notice_failed", policy_id=policy_id, level=level)
        return False
    return True


def _mail(policy: Policy, level: int, moment: datetime) -> Mail | None:
    """What is told, or None when there is nothing to tell: it can't be renewed, or nothing changes that is told so
    early."""
    seen = renewing.sight(policy)
    if seen.offer is None or renewal.why_not(policy, moment, seen) is not None:
        return None
    found = renewal.preview(policy, moment, seen.offer)
    if level == ENDED:
        closes_on = renewal_terms().closes_on(policy.ends_at)
        return PolicyExpired(policy=policy, product=found.product, plan=found.plan, closes_on=closes_on)
    mail = PolicyEnding(policy=policy, product=found.product, plan=found.plan, paid=found.paid, changes=found.changes)
    return mail if mail.differs or level != renewal_terms().changed_terms_days else None
