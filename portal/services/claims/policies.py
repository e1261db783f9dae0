"""The policies that somebody may claim with: all of theirs, whatever state they are in."""

from collections.abc import Sequence

from portal.domain.actor import Actor
from portal.services.policies import listing
from portal.services.policies.listing import OwnPolicy

_MOST = 30


def choices(actor: Actor, *, only: str | None = None, also: str | None = None) -> Sequence[OwnPolicy]:
    """The actor's newest policies, expired and cancelled ones among them; `only` the one of that number where it is
    theirs, `also` one that a claim in hand already has."""
    if only and (one := listing.named(actor, [only])):
        return one
    found = listing.lines(actor, limit=_MOST)
    if also and all(line.policy.number != also for line in found):
        return [*listing.named(actor, [also]), *found]
    return found
