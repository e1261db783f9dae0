"""A policy that a clerk changes for the customer at the desk: its end, its plan, who is paid by it, the next year.

It is the customer's own way, whose code goes to the customer's mail alone. Whoever has a part in the policy doesn't
take it. Source: docs/rules.md, Administer.
"""

from sqlalchemy import or_, select

from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import Policy
from portal.services.controls import access_log, conflicts_of_interest
from portal.services.controls.conflicts_of_interest import HasPart
from portal.services.policies import policy as policies


def policy_of(account_id: int, number: str, actor: Actor) -> Policy:
    """A policy of a customer whom the actor looked up lately, with all that its endorsements say, while the actor has
    no part in it: one query. Raises NotFound, HasPart."""
    has_part = or_(
        conflicts_of_interest.in_policy(Policy.id, actor), conflicts_of_interest.in_customer(account_id, actor)
    )
    its = Policy.number == number, Policy.account_id == account_id, access_log.noted(account_id, actor)
    rows = db.session.execute(select(Policy, has_part).where(*its).options(policies.WITH_ENDORSEMENTS)).unique().all()
    if not rows:
        raise NotFound("No encontramos esa póliza de este cliente.")
    policy, is_own = rows[0]
    if is_own:
        raise HasPart(conflicts_of_interest.OWN)
    return policy
