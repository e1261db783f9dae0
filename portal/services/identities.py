"""Who is who: people are compared by their document's country, type and number, whatever row names them."""

from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import joinedload

from portal.domain.identity import Identity
from portal.extensions import db
from portal.models import Account


def account_of(identity: Identity, *, is_staff: bool = False) -> Account | None:
    """The account of this identity, as a customer or as one of the staff, with its person."""
    query = select(Account).options(joinedload(Account.person)).where(Account.is_staff.is_(is_staff))
    return db.session.scalars(query.where(names(Account, identity))).one_or_none()


def names(entity: Any, identity: Identity) -> ColumnElement[bool]:
    """That a row names this person: a condition."""
    return and_(
        entity.country == identity.country,
        entity.document_type == identity.document_type,
        entity.document_number == identity.number,
    )


def same(one: Any, other: Any) -> ColumnElement[bool]:
    """That two rows name one person: a condition."""
    return and_(
        one.country == other.country,
        one.document_type == other.document_type,
        one.document_number == other.document_number,
    )
