"""Decisions of two people of the staff: one proposes, another one decides."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.clock import now
from portal.domain.decision import DecisionKind
from portal.extensions import Base
from portal.models.types import UtcDateTime, state_type

_OPEN = text("decided_at IS NULL")


class Decision(Base):
    """`subject_id` is the row that it is about, by `kind`; `proposal` holds ids, states and amounts, never personal
    data. `accepted` is None while nobody decided."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("uq_decisions_open", "kind", "subject_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_decisions_subject", "kind", "subject_id"),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name="decided_by_another"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DecisionKind] = mapped_column(state_type(DecisionKind))
    subject_id: Mapped[int]
    proposal: Mapped[dict[str, Any]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(String(300))
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted: Mapped[bool | None]
