"""What the bank tells that it moved on a day, and how that differs from our books."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.clock import now
from portal.domain.settlement import (
    DIFFERENCE_NAMES,
    DIFFERENCE_TRANSITIONS,
    LINE_NAMES,
    DifferenceState,
    Differs,
    Line,
    LineKind,
)
from portal.extensions import Base
from portal.models.stateful import Stateful
from portal.models.types import Money, UtcDateTime, state_type

_AWAITED = text("received_at IS NULL")
_OPEN = text("state = 'open'")
_WITHOUT_LINE = text("line_id IS NULL")


class Settlement(Base):
    """A day of the bank in Lima. `received_at`: None while it has not come; `asked_at`: when the bank last told it."""

    __tablename__ = "settlements"
    __table_args__ = (Index("ix_settlements_awaited", "day", sqlite_where=_AWAITED, postgresql_where=_AWAITED),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SettlementLine(Base):
    """`matched`: what of our books it is, which no other line is. `taken_away_at`: when the bank no longer told it."""

    __tablename__ = "settlement_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlements.id"), index=True)
    kind: Mapped[LineKind] = mapped_column(state_type(LineKind))
    bank_id: Mapped[str] = mapped_column(String(100))
    reference: Mapped[str] = mapped_column(String(100))
    amount: Mapped[Decimal] = mapped_column(Money)
    processed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    matched: Mapped[str | None] = mapped_column(String(40), unique=True)
    taken_away_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def told(self) -> Line:
        """As the bank told it."""
        return Line(self.kind, self.bank_id, self.reference, self.amount, self.processed_at)


class SettlementDifference(Stateful, Base):
    """`line_id`: None for what the settlement lacks. `number`, `our_amount`: of our row; None without one."""

    __tablename__ = "settlement_differences"
    __table_args__ = (
        Index("ix_settlement_differences_day", "settlement_id", "id"),
        Index("ix_settlement_differences_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_settlement_differences_line", "line_id"),
        # What we miss is told once, whoever looks at the same moment.
        Index(
            "uq_settlement_differences_missing",
            "number",
            unique=True,
            sqlite_where=_WITHOUT_LINE,
            postgresql_where=_WITHOUT_LINE,
        ),
        CheckConstraint("line_id IS NOT NULL OR number IS NOT NULL", name="about_something"),
    )
    TRANSITIONS: ClassVar = DIFFERENCE_TRANSITIONS

    id: Mapped[int] = mapped_column(primary_key=True)
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlements.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("settlement_lines.id"))
    kind: Mapped[Differs] = mapped_column(state_type(Differs))
    movement: Mapped[LineKind] = mapped_column(state_type(LineKind))
    number: Mapped[str | None] = mapped_column(String(24))
    our_amount: Mapped[Decimal | None] = mapped_column(Money)
    state: Mapped[DifferenceState] = mapped_column(state_type(DifferenceState), default=DifferenceState.OPEN)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    settlement: Mapped[Settlement] = relationship()
    line: Mapped[SettlementLine | None] = relationship()

    @property
    def words(self) -> str:
        """How the two differ."""
        return DIFFERENCE_NAMES[self.kind]

    @property
    def movement_name(self) -> str:
        """What it is about."""
        return LINE_NAMES[self.movement]

    @property
    def reference(self) -> str:
        """By which number people speak of it."""
        return self.line.reference if self.line is not None else str(self.number)

    @property
    def waits_for_review(self) -> bool:
        """Whether it ends where its money is reviewed, and nothing is to be said here."""
        return self.kind is Differs.UNCONFIRMED
