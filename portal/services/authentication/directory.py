"""Whose account: people are known by their document."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.domain.identity import Identity
from portal.extensions import db
from portal.models import Account
from portal.models.people import names_person


def account_of(identity: Identity, *, is_staff: bool = False) -> Account | None:
    """The account of this identity, as a customer or as one of the staff, with its person."""
    query = select(Account).options(joinedload(Account.person)).where(Account.is_staff.is_(is_staff))
    return db.session.scalars(query.where(names_person(Account, identity))).one_or_none()
