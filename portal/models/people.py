"""People: a snapshot of who somebody is, taken when a thing was made. A person is not an account."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String, and_
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain import ubigeo
from portal.domain.clock import now
from portal.domain.identity import DOCUMENT_NAMES, DocumentType, Identity
from portal.extensions import Base
from portal.models.types import UtcDateTime, state_type


class Person(Base):
    """Never changed once a quote or a policy points to it: a correction is a new row."""

    __tablename__ = "people"
    __table_args__ = (Index("ix_people_identity", "country", "document_type", "document_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(String(2), default="PE")
    document_type: Mapped[DocumentType] = mapped_column(state_type(DocumentType))
    document_number: Mapped[str] = mapped_column(String(12))
    names: Mapped[str] = mapped_column(String(60))
    paternal_surname: Mapped[str] = mapped_column(String(60))
    maternal_surname: Mapped[str] = mapped_column(String(60), default="")
    birth_date: Mapped[date]
    phone: Mapped[str] = mapped_column(String(15), default="", index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    address: Mapped[str] = mapped_column(String(160), default="")
    ubigeo: Mapped[str] = mapped_column(String(6), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    def corrected(self, **changes: Any) -> "Person":
        """A new row with these columns changed: the present one stays as quotes and policies know it."""
        kept = {name: getattr(self, name) for name in _SAID}
        return Person(**kept | changes)

    @property
    def identity(self) -> Identity:
        return Identity(self.document_type, self.document_number, self.country)

    @property
    def document_name(self) -> str:
        return DOCUMENT_NAMES[self.document_type]

    @property
    def surnames(self) -> str:
        return " ".join(filter(None, (self.paternal_surname, self.maternal_surname)))

    @property
    def full_name(self) -> str:
        return f"{self.names} {self.surnames}"

    @property
    def full_address(self) -> str:
        """Street, district, province and department; what is not known is left out."""
        return ", ".join(filter(None, (self.address, ubigeo.full_name(self.ubigeo) if self.ubigeo else "")))

    @property
    def short_name(self) -> str:
        """First name and first surname, for greetings and tight places."""
        return f"{self.names.split()[0]} {self.paternal_surname}"


# What says who somebody is; the rest is how to reach them.
WHO = ("country", "document_type", "document_number", "names", "paternal_surname", "maternal_surname", "birth_date")
_SAID = tuple(column.key for column in Person.__table__.columns if column.key not in {"id", "created_at"})


def names_person(entity: Any, identity: Identity) -> ColumnElement[bool]:
    """That a row names this person: a condition. People are compared by their document's country, type and number,
    whatever row names them."""
    return and_(
        entity.country == identity.country,
        entity.document_type == identity.document_type,
        entity.document_number == identity.number,
    )


def same_person(one: Any, other: Any) -> ColumnElement[bool]:
    """That two rows name one person: a condition."""
    return and_(
        one.country == other.country,
        one.document_type == other.document_type,
        one.document_number == other.document_number,
    )
