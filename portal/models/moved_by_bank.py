"""The columns of money that moves by the bank, whichever way it goes."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.stateful import Stateful
from portal.models.types import Money, UtcDateTime


class MovedByBank(Stateful):
    """An intention with its key, and what became of it. `number` is ours, for the bank too; `bank_id` is the bank's.

    `processing_at`: when it was meant; `sent_at`, `last_sent_at`: when it first and last left for the bank, written
    before it does; `reason`: why it ended as it did. Each of them has states PROCESSING, UNKNOWN and IN_REVIEW.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    amount: Mapped[Decimal] = mapped_column(Money)
    bank_id: Any
    idempotency_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    reason: Mapped[str | None] = mapped_column(String(40))
    processing_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    in_review_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
