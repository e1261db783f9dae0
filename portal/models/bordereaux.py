"""What an insurer is told of a day."""

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.clock import now
from portal.extensions import Base
from portal.models.messages import Message
from portal.models.types import UtcDateTime


class Bordereau(Base):
    """One a day (in Lima) and insurer, which is known by its `ruc`. `lines`: how many of each kind, None until its file
    is made; `message_id`: the mail that carries it, None too while the insurer has no address."""

    __tablename__ = "bordereaux"
    __table_args__ = (UniqueConstraint("ruc", "day", name="uq_bordereaux_day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ruc: Mapped[str] = mapped_column(String(11))
    insurer: Mapped[str] = mapped_column(String(120))
    day: Mapped[date]
    lines: Mapped[dict[str, int] | None] = mapped_column(JSON)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    message: Mapped[Message | None] = relationship()
