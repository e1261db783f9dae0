"""Ending a policy before its term: by a numbered endorsement, from that moment on."""

from datetime import datetime

from portal.domain import clock
from portal.domain.policy import EndorsementKind, cancelled_from
from portal.extensions import db
from portal.models import Endorsement, Policy
from portal.services.policies import endorsing


def cancel(policy: Policy) -> Endorsement:
    """Cancel the policy now, by its next endorsement; in the present transaction.

    Never backwards: had the cover begun, what happened until this moment stays covered. Its paper and its mail are
    ordered by whoever knows why.
    """
    return _end_now(policy, EndorsementKind.CANCELLATION)


def terminate(policy: Policy, effective_at: datetime) -> Endorsement:
    """End the policy from then on, since its holder asked for it; in the present transaction."""
    endorsement = endorsing.following(policy, EndorsementKind.TERMINATION, effective_at)
    policy.cancelled_at = cancelled_from(policy.endorsements)
    db.session.flush()
    return endorsement


def end_paid(policy: Policy) -> Endorsement | None:
    """End the policy now, since what it pays on a death was paid; in the present transaction. None when it has ended
    before its term already. Source: docs/rules.md, Claims."""
    now = clock.now()
    if policy.cancelled_at is not None and policy.cancelled_at <= now:
        return None
    return _end_now(policy, EndorsementKind.BENEFIT_PAID)


def end_later(policy: Policy) -> Endorsement:
    """End the policy, since whom it insures had died before it began; in the present transaction, whose caller gives
    its money back. Source: docs/rules.md, Administer."""
    return _end_now(policy, EndorsementKind.INSURED_DIED)


def _end_now(policy: Policy, kind: EndorsementKind) -> Endorsement:
    endorsement = endorsing.following(policy, kind)
    policy.cancelled_at = cancelled_from(policy.endorsements)
    db.session.flush()
    return endorsement
