"""What processes say of themselves: who does a periodic task, who is alive, and whether the copies are made."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.types import UtcDateTime


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


class Backup(Base):
    """A try to copy the portal. `is_made`: the copy stands; `damaged`: so many of its documents are not as they were
    stored. A copy never holds the row of itself."""

    __tablename__ = "backups"

    id: Mapped[int] = mapped_column(primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    is_made: Mapped[bool]
    damaged: Mapped[int] = mapped_column(default=0)
