"""Documents: bytes rendered once, kept with their hash, never changed."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.clock import now
from portal.extensions import Base
from portal.models.types import UtcDateTime

_UNREADY = text("storage_key IS NULL")


class Document(Base):
    """One of a kind of each subject: `subject_id` is the key of a row in the table that services/documents/kinds.py
    names for `kind`. `reserved_key`: where its bytes will be, written before they are, so that no file can be without
    its row. `storage_key` is empty until they are rendered and safe on disk. `render_ms`: how long that took.
    `account_id` is empty where it is for somebody without an account. `signature`: the PAdES level that it carries, if
    any ("B-T", "B-B")."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id", name="uq_documents_subject"),
        Index("ix_documents_unready", "created_at", sqlite_where=_UNREADY, postgresql_where=_UNREADY),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[int]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    filename: Mapped[str] = mapped_column(String(120))
    reserved_key: Mapped[str | None] = mapped_column(String(120))
    storage_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]
    render_ms: Mapped[int | None]
    signature: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    rendered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def job_key(self) -> str:
        """The outbox row that owes its bytes."""
        return f"document:{self.id}"

    @property
    def is_ready(self) -> bool:
        return self.storage_key is not None
