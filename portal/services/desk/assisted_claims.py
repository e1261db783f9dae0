"""A claim that a clerk registers for the customer at the desk, and those that the customer has.

Whoever has a part in the policy or the claim does neither. Source: docs/rules.md, Claims.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased

from portal.domain.actor import Actor
from portal.domain.claim import ClaimState
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import Account, Claim, Policy
from portal.services.catalogue import offers
from portal.services.claims import claim as claims
from portal.services.claims import drafts
from portal.services.controls import access_log, conflicts_of_interest
from portal.services.controls.conflicts_of_interest import OWN_CLAIM, HasPart
from portal.services.desk import assisted_evidence, customers
from portal.services.platform import paging


@dataclass(frozen=True, slots=True)
class CustomerClaim:
    """A claim in the customer's list at the desk: where it stands, and nothing of what was told. `takes_papers`: the
    reader adds papers to it."""

    id: int
    number: str
    state: ClaimState
    event_date: date | None
    registered_at: datetime
    coverage: str
    takes_papers: bool


def lines(account_id: int, actor: Actor, *, before: int | None = None, limit: int) -> Sequence[CustomerClaim]:
    """The claims of a customer's policies older than the line `before`, the newest first. One query. Who may read the
    customer was asked before."""
    query = (
        select(
            Claim.id,
            Claim.number,
            Claim.state,
            Claim.event_date,
            Claim.registered_at,
            Claim.coverage_code,
            Policy.product_version_id,
            _is_of_their_agency(actor).label("takes_papers"),
        )
        .join(Policy, Policy.id == Claim.policy_id)
        .where(Policy.account_id == account_id, Claim.number.is_not(None))
    )
    found = []
    for row in db.session.execute(paging.newest(query, Claim.id, before=before, limit=limit)):
        product = offers.offer(row.product_version_id).product
        coverage = product.coverage(row.coverage_code).name if row.coverage_code else "Por definir"
        line = (row.id, row.number, row.state, row.event_date, row.registered_at, coverage, row.takes_papers)
        found.append(CustomerClaim(*line))
    return found


def check(account_id: int, actor: Actor) -> None:
    """That the actor may register one for this customer. Raises NotFound, HasPart."""
    customers.get(account_id, actor)


def draft(account_id: int, public_id: str, actor: Actor) -> Claim:
    """What the actor fills in for this customer, also once it is registered. Raises NotFound."""
    mine = Claim.registered_by_id == actor.account_id
    return _of(account_id, actor, mine, Claim.public_id == public_id, Claim.state != ClaimState.DISCARDED)


def registered(account_id: int, number: str, actor: Actor) -> Claim:
    """A claim that the actor, or a colleague of their agency, registered for this customer. Raises NotFound."""
    return _of(account_id, actor, _is_of_their_agency(actor), Claim.number == number)


def choose(account_id: int, public_id: str | None, number: str, coverage_code: str | None, actor: Actor) -> Claim:
    """Begin one, or answer anew under which coverage of which of the customer's policies it is. Raises NotFound,
    HasPart, DomainError as drafts.choose."""
    _, policy = assisted_evidence.policy_of(account_id, number, actor)
    if db.session.scalar(select(conflicts_of_interest.in_purchase(policy.purchase_id, actor))):
        raise HasPart(OWN_CLAIM)
    if public_id is not None:
        draft(account_id, public_id, actor)
    return drafts.choose(public_id, number, coverage_code, actor)


def _is_of_their_agency(actor: Actor) -> ColumnElement[bool]:
    """That the actor registered the claim, or somebody of the staff who works at their agency: a condition on Claim."""
    me, clerk = aliased(Account), aliased(Account)
    return exists().where(
        me.id == actor.account_id,
        clerk.id == Claim.registered_by_id,
        clerk.is_staff,
        or_(clerk.id == me.id, clerk.agency_code == me.agency_code),
    )


def _of(account_id: int, actor: Actor, *conditions: ColumnElement[bool]) -> Claim:
    """One of a customer whom the actor looked up lately, while they have no part in either: the claim's own two
    queries."""
    found = claims.read(
        select(Claim).where(
            *conditions,
            Claim.policy_id.in_(select(Policy.id).where(Policy.account_id == account_id)),
            access_log.noted(account_id, actor),
            ~conflicts_of_interest.in_customer(account_id, actor),
            ~conflicts_of_interest.in_claim(Claim.id, actor),
        )
    )
    if found is None:
        raise NotFound("No encontramos ese siniestro de este cliente.")
    return found
