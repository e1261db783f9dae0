"""Documents: bytes rendered once, kept with their hash, never changed."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.clock import now
from portal.extensions import Base
from portal.models.types import UtcDateTime, state_type

_UNREADY = text("storage_key IS NULL")


class DocumentKind(StrEnum):
    QUOTE = "quote"
    POLICY = "policy"
    SLIP = "slip"
    RECEIPT = "receipt"
    ENDORSEMENT = "endorsement"


class Document(Base):
    """`reserved_key`: where its bytes will be, written before they are, so that no file can be without its row.
    `storage_key` is empty until they are rendered and safe on disk. `render_ms`: how long that took."""

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("kind", "quote_id", name="uq_documents_quote"),
        UniqueConstraint("kind", "endorsement_id", name="uq_documents_endorsement"),
        UniqueConstraint("kind", "payment_id", name="uq_documents_payment"),
        UniqueConstraint("kind", "receipt_id", name="uq_documents_receipt"),
        Index("ix_documents_unready", "created_at", sqlite_where=_UNREADY, postgresql_where=_UNREADY),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DocumentKind] = mapped_column(state_type(DocumentKind))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    quote_id: Mapped[int | None] = mapped_column(ForeignKey("quotes.id"))
    endorsement_id: Mapped[int | None] = mapped_column(ForeignKey("endorsements.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("cash_receipts.id"))
    filename: Mapped[str] = mapped_column(String(120))
    reserved_key: Mapped[str | None] = mapped_column(String(120))
    storage_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]
    render_ms: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    rendered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def job_key(self) -> str:
        """The outbox row that owes its bytes."""
        return f"document:{self.id}"

    @property
    def is_ready(self) -> bool:
        return self.storage_key is not None
