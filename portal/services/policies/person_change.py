"""Correcting who a policy names: by a numbered endorsement that says what stood there and what stands there now."""

from portal.domain.identity import Identity
from portal.domain.policy import EndorsementKind
from portal.extensions import db
from portal.models import Endorsement, Person, Policy
from portal.models.people import WHO
from portal.services.policies import endorsing


def correct(policy: Policy, mistaken: Identity, right: Person) -> Endorsement | None:
    """Name the person of the document `mistaken` as `right` says who they are, in the present transaction. How to reach
    them stays as the policy has it. None when the policy does not name them: a beneficiary is another's to correct."""
    before = next((one for one in (policy.holder, policy.insured) if one.identity == mistaken), None)
    if before is None:
        return None
    after = before.corrected(**{name: getattr(right, name) for name in WHO})
    for part in ("holder", "insured"):
        if getattr(policy, part).identity == mistaken:
            setattr(policy, part, after)
    endorsement = endorsing.following(policy, EndorsementKind.CORRECTION)
    endorsement.person_before, endorsement.person_after = before, after
    db.session.flush()
    return endorsement
