"""The card that tells a family of a policy (B23), for a purse and as a picture: printed once its holder asks for it,
and given as long as the policy protects."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import NotAllowed
from portal.domain.policy import EndorsementKind
from portal.extensions import db
from portal.models import Document, Endorsement, Policy
from portal.models.transaction import NOT_THE_KEY, writing
from portal.services.documents import kinds, store
from portal.services.policies import policy as policies
from portal.services.policies import renewing

_NAMING = (EndorsementKind.ISSUE, EndorsementKind.CORRECTION)


class Card(NamedTuple):
    """Both of its documents, printed or on their way."""

    purse: Document
    picture: Document

    @property
    def is_ready(self) -> bool:
        """Whether both can be downloaded."""
        return self.purse.is_ready and self.picture.is_ready


def is_offered(policy: Policy, moment: datetime, *, death_is_told: bool) -> bool:
    """Whether a family can still count on it: neither ended nor about to be, and nobody said that whom it insures
    died."""
    return policy.cancelled_at is None and policy.state_at(moment).protects and not death_is_told


def policy_of(number: str, actor: Actor) -> Policy:
    """One of the actor's own policies that has a card. Raises NotFound, and NotAllowed for one that has none."""
    policy = policies.get(number, actor)
    death_is_told = renewing.sight(policy).death_is_told
    if not is_offered(policy, clock.now(), death_is_told=death_is_told):
        why = "Nos avisaron de un fallecimiento" if death_is_told else "Esta póliza terminó o va a terminar"
        raise NotAllowed(f"{why}: ya no damos su tarjeta.")
    return policy


def find(policy: Policy) -> Card | None:
    """The card with the insured person's name of today; None when nobody asked for it. One query."""
    codes = (kinds.FAMILY_CARD.code, kinds.FAMILY_PICTURE.code)
    its = select(Document).where(Document.kind.in_(codes), Document.subject_id == _named(policy).id)
    found = {document.kind: document for document in db.session.scalars(its)}
    return Card(*(found[code] for code in codes)) if found else None


def order(number: str, actor: Actor) -> None:
    """Have the card printed, once, however often it is asked for. Raises as `policy_of`."""
    with writing() as session:
        its = select(Policy.id).where(Policy.number == number, Policy.account_id == actor.account_id)
        session.execute(its.with_for_update(of=Policy, **NOT_THE_KEY))  # of two at once the second finds it
        policy = policy_of(number, actor)
        if find(policy) is None:
            for kind in (kinds.FAMILY_CARD, kinds.FAMILY_PICTURE):
                store.order(kind, _named(policy))


def _named(policy: Policy) -> Endorsement:
    """The endorsement since which the policy names its people as today."""
    return next(one for one in reversed(policy.endorsements) if one.kind in _NAMING)
