"""Money that the bank pays to a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.clock import now
from portal.domain.identity import DocumentType, Identity
from portal.domain.payout import PAYOUT_TRANSITIONS, PayoutState
from portal.extensions import Base
from portal.models.authorised import Authorised
from portal.models.claim_decisions import ClaimAward
from portal.models.moved_by_bank import MovedByBank
from portal.models.types import UtcDateTime, state_type

_AT_THE_BANK = text("state IN ('processing', 'unknown', 'in_review')")
_BY_THE_BANK = text("agency_code IS NULL AND resolved_at IS NOT NULL")
_AWAITS = text("state = 'awaiting_collection'")
_MADE_AFTER = text("reason = 'moved_after_the_end'")
_STANDS = text("award_id IS NOT NULL AND state NOT IN ('refused', 'expired', 'void')")


class Payout(MovedByBank, Authorised, Base):
    """To the account of `cci` (20 digits), or without one in cash: at the agency of `agency_code`, to whoever says the
    code that was mailed to the payee, and without an agency at the bank's counters against the payee's document.
    `bank_id`: the bank's number of the payout. `award_id`: what it pays of a claim. `collect_by`: until when cash waits
    at the agency."""

    __tablename__ = "payouts"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("agency_code IS NULL OR cci IS NULL", name="one_way"),
        Index("ix_payouts_at_the_bank", "processing_at", sqlite_where=_AT_THE_BANK, postgresql_where=_AT_THE_BANK),
        Index("ix_payouts_resolved", "resolved_at", sqlite_where=_BY_THE_BANK, postgresql_where=_BY_THE_BANK),
        Index("ix_payouts_to_collect", "agency_code", "id", sqlite_where=_AWAITS, postgresql_where=_AWAITS),
        Index("ix_payouts_made_after", "award_id", sqlite_where=_MADE_AFTER, postgresql_where=_MADE_AFTER),
        # What a claim owes to a person is paid once: by one payout that was made, or that can still be.
        Index("uq_payouts_standing", "award_id", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
    )
    TRANSITIONS: ClassVar = PAYOUT_TRANSITIONS

    state: Mapped[PayoutState] = mapped_column(state_type(PayoutState), default=PayoutState.CREATED)
    payee_name: Mapped[str] = mapped_column(String(120))
    country: Mapped[str] = mapped_column(String(2))
    document_type: Mapped[DocumentType] = mapped_column(state_type(DocumentType))
    document_number: Mapped[str] = mapped_column(String(12))
    cci: Mapped[str | None] = mapped_column(String(20))
    bank_id: Mapped[str | None] = mapped_column(String(120))
    agency_code: Mapped[str | None] = mapped_column(String(20))
    award_id: Mapped[int | None] = mapped_column(ForeignKey("claim_awards.id"), index=True)
    collect_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    award: Mapped[ClaimAward | None] = relationship()

    @property
    def payee(self) -> Identity:
        return Identity(self.document_type, self.document_number, self.country)

    @property
    def authorises(self) -> Mapping[str, object]:
        """The hand-over of exactly this money, there, to this person."""
        return {
            "payout": self.number,
            "document": [self.country, self.document_type, self.document_number],
            "amount": str(self.amount),
            "agency": self.agency_code,
        }
