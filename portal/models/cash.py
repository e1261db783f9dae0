"""Cash taken at an agency."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.clock import now
from portal.extensions import Base
from portal.models.payments import Payment
from portal.models.types import Money, UtcDateTime

_STANDS = text("reversed_at IS NULL")


class CashReceipt(Base):
    """Money that a collaborator took for a slip, at the agency where they work.

    `issues`: the slip could still be paid, so the policy was issued. Money for a slip that could not is kept on record
    too; it never issues, and is given back.
    """

    __tablename__ = "cash_receipts"
    __table_args__ = (
        # The same slip is never paid twice: only a receipt that was reversed makes room for another.
        Index("uq_cash_receipts_standing", "payment_id", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index("ix_cash_receipts_agency", "agency_code", "received_at"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("reversed_by_id IS NULL OR reversed_by_id <> received_by_id", name="reversed_by_another"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(Money)
    agency_code: Mapped[str] = mapped_column(String(20))
    received_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    issues: Mapped[bool]
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reversed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reversal_reason: Mapped[str | None] = mapped_column(String(300))

    payment: Mapped[Payment] = relationship()
