"""What is owed: rows that a use case writes in its own commit, and that end by the job's own mark."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.clock import now
from portal.extensions import Base
from portal.models.types import UtcDateTime, state_type


class OutboxState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


_PENDING = text("state = 'pending'")
_FAILED = text("state = 'failed'")


class OutboxRow(Base):
    """A job that is owed. `rung_until`: the bell was rung, wait before ringing again. `locked_until`: a worker
    holds it. It ends only by the job's own mark."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
        Index("ix_outbox_failed", "id", sqlite_where=_FAILED, postgresql_where=_FAILED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(String(20))
    job: Mapped[str] = mapped_column(String(80))
    subject_id: Mapped[int]
    dedupe_key: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[OutboxState] = mapped_column(state_type(OutboxState), default=OutboxState.PENDING)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    rung_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(200))
    request_id: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
