"""What somebody typed and has not sent."""

from datetime import datetime

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.clock import now
from portal.extensions import Base
from portal.models.types import UtcDateTime


class Draft(Base):
    """A form as it was typed, sealed. `owner` is a keyed hash of the account or, for a sign-up, of the browser: it
    tells nobody whose it is. `place` is the address of the form's page."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("owner", "place", name="uq_drafts_place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    place: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
