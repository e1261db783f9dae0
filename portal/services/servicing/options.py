"""What a holder can change in a policy now, and of what they can't the reason."""

from dataclasses import dataclass
from datetime import datetime

from portal.domain.catalogue import Product
from portal.domain.policy import PolicyState
from portal.models import Policy
from portal.services.servicing import ending, naming, obstacles, plan_change
from portal.services.servicing.obstacles import Obstacles

_OVER = (PolicyState.CANCELLED, PolicyState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Options:
    """Of each change why it can't be made now, in words for the holder; None when it can."""

    end: str | None
    plan: str | None
    beneficiaries: str | None


def of(policy: Policy, product: Product, moment: datetime) -> Options | None:
    """Those of a policy at `moment`: one query. None once it is over, and nothing can be changed any more."""
    return None if policy.state_at(moment) in _OVER else given(policy, product, obstacles.of(policy), moment)


def given(policy: Policy, product: Product, found: Obstacles, moment: datetime) -> Options:
    """Those of one that is not over, by what stands in their way."""
    return Options(
        end=ending.why_not(policy, found, moment),
        plan=plan_change.why_not(policy, product, found.claimed.open, moment),
        beneficiaries=naming.why_not(policy, product, found.claimed, moment),
    )
