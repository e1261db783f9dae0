"""The next endorsement of a policy: numbered, and dated now or when it takes effect."""

from datetime import datetime

from portal.domain import clock
from portal.domain.policy import EndorsementKind
from portal.extensions import db
from portal.models import Endorsement, Policy
from portal.services.documents import contracting


def following(policy: Policy, kind: EndorsementKind, effective_at: datetime | None = None) -> Endorsement:
    """An endorsement with the terms in force, in the present transaction; the caller says what changes. It takes effect
    now, unless told. The schema allows each number once, so that of two at the same moment one fails."""
    now = clock.now()
    terms = policy.terms_at(now)
    endorsement = Endorsement(
        policy=policy,
        number=policy.endorsements[-1].number + 1,
        kind=kind,
        plan_code=terms.plan_code,
        premium_net=terms.premium_net,
        premium_igv=terms.premium_igv,
        premium_total=terms.premium_total,
        effective_at=effective_at or now,
    )
    db.session.add(endorsement)
    contracting.added(policy.purchase_id)
    return endorsement
