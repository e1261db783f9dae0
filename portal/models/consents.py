"""What was agreed to, in which words, when, from where. Rows are only ever added."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.clock import now
from portal.extensions import Base
from portal.models.types import UtcDateTime


class Consent(Base):
    """`granted` False records a consent that was offered and not given, or taken back."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_account_text", "account_id", "text_key", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    quote_id: Mapped[int | None] = mapped_column(ForeignKey("quotes.id"), index=True)
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("purchases.id"), index=True)
    text_key: Mapped[str] = mapped_column(String(40))
    text_version: Mapped[str] = mapped_column(String(20))
    text_sha256: Mapped[str] = mapped_column(String(64))
    granted: Mapped[bool]
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ip: Mapped[str] = mapped_column(String(45))
    device: Mapped[str] = mapped_column(String(200))
