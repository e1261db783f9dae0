"""Cancelling a policy: by a numbered endorsement, from that moment on."""

from portal.domain import clock
from portal.domain.policy import EndorsementKind, cancelled_from
from portal.extensions import db
from portal.models import Endorsement, Policy


def cancel(policy: Policy) -> Endorsement:
    """Cancel the policy now, by its next endorsement; in the present transaction.

    Never backwards: had the cover begun, what happened until this moment stays covered. The schema allows each number
    once, so that of two at the same moment one fails. Its paper and its mail are ordered by whoever knows why.
    """
    now = clock.now()
    terms = policy.terms_at(now)
    endorsement = Endorsement(
        policy=policy,
        number=policy.endorsements[-1].number + 1,
        kind=EndorsementKind.CANCELLATION,
        plan_code=terms.plan_code,
        premium_net=terms.premium_net,
        premium_igv=terms.premium_igv,
        premium_total=terms.premium_total,
        effective_at=now,
    )
    policy.cancelled_at = cancelled_from(policy.endorsements)
    db.session.add(endorsement)
    db.session.flush()
    return endorsement
