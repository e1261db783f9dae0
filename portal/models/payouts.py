"""Money that the bank pays to a person."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.clock import now
from portal.domain.identity import DocumentType
from portal.domain.payout import PAYOUT_TRANSITIONS, PayoutState
from portal.extensions import Base
from portal.models.moved_by_bank import MovedByBank
from portal.models.types import UtcDateTime, state_type

_AT_THE_BANK = text("state IN ('processing', 'unknown', 'in_review')")


class Payout(MovedByBank, Base):
    """To the account of `cci` (20 digits), or without one in cash at the bank's counters against the payee's document.
    `bank_id`: the bank's number of the payout."""

    __tablename__ = "payouts"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_payouts_at_the_bank", "processing_at", sqlite_where=_AT_THE_BANK, postgresql_where=_AT_THE_BANK),
    )
    TRANSITIONS: ClassVar = PAYOUT_TRANSITIONS

    state: Mapped[PayoutState] = mapped_column(state_type(PayoutState), default=PayoutState.CREATED)
    payee_name: Mapped[str] = mapped_column(String(120))
    country: Mapped[str] = mapped_column(String(2))
    document_type: Mapped[DocumentType] = mapped_column(state_type(DocumentType))
    document_number: Mapped[str] = mapped_column(String(12))
    cci: Mapped[str | None] = mapped_column(String(20))
    bank_id: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
