"""Published products. A version is never changed; what was sold points to the version it was sold by."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.clock import now
from portal.extensions import Base
from portal.models.types import UtcDateTime


class ProductVersion(Base):
    """`content` is the whole product as its data file states it; `sha256` tells whether a file has changed."""

    __tablename__ = "product_versions"
    __table_args__ = (UniqueConstraint("slug", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60))
    version: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class KnownBank(Base):
    """The banks last heard of, for when the bank's list cannot be had."""

    __tablename__ = "known_banks"

    code: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int]
    heard_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
