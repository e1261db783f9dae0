"""What keeps the rest honest: what is owed (outbox), numbers without gaps, leases, heartbeats, and the audit chain."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
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


class Counter(Base):
    """The last number given out in a series. Raised in the transaction that uses it: no gaps, no repeats."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


class Lease(Base):
    """A periodic task that somebody is doing until `until`."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class Heartbeat(Base):
    """A process of the background work that was alive at `seen_at`. `part`: its queue, or the schedule."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    part: Mapped[str] = mapped_column(String(20))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Base):
    """One command of one actor. Each row's hash covers the row before: nothing can be taken out unseen."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
