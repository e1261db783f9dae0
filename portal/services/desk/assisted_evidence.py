"""Evidence that a clerk sends for the customer at the desk."""

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.extensions import db
from portal.models import Policy
from portal.services.desk import customers


def policy_of(account_id: int, number: str, actor: Actor) -> tuple[customers.Customer, Policy]:
    """A policy of a customer whom the actor may read, with them. Raises NotFound, HasPart."""
    customer = customers.get(account_id, actor)
    query = select(Policy).where(Policy.number == number, Policy.account_id == account_id)
    policy = db.session.scalars(query.options(lazyload("*"))).one_or_none()
    if policy is None:
        raise NotFound("No encontramos esa póliza de este cliente.")
    return customer, policy
