"""The card that tells a family of a policy, for a purse (B23): nothing that a stranger who finds it should not read."""

from portal.models import Endorsement
from portal.services.printing.contents import Contents, verified


def contents(named: Endorsement) -> Contents:
    """What the card says: who is covered, the policy's number, whom to call, and where it is verified."""
    policy = named.policy
    return Contents(
        {
            "number": policy.number,
            "name": policy.as_known_at(policy.insured, named).full_name,
            **verified(policy),
        },
        title=f"Tarjeta de la póliza {policy.number}",
        footer="",
    )
