"""Files that people sent."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.clock import now
from portal.domain.received_file import FILE_TRANSITIONS, FileState, Flaw
from portal.extensions import Base
from portal.models.stateful import Stateful
from portal.models.types import UtcDateTime, state_type

_LIVE = text("state IN ('receiving', 'stored')")
_OF_EVIDENCE = text("owner_kind = 'evidence' AND state IN ('stored', 'lost')")
_RECEIVING = text("state = 'receiving'")


class StoredFile(Stateful, Base):
    """A file for `slot` of what `owner_kind` and `owner_id` name: the key of a row in the table of that kind. It keeps
    no name that its sender gave it. `number`: which of those that the slot takes, from 1 on; free again once it is
    removed. `sender_id`: empty for somebody without an account.

    `received_*` is what came, the rest what is kept of it; sizes in bytes, `width` and `height` in pixels. The keys are
    written before the bytes are, so that no file can be without its row. Where a file serves a second owner too, both
    rows have its keys, and the bytes stay as long as either of them."""

    __tablename__ = "stored_files"
    __table_args__ = (
        # Sent again, as after a lost connection, it is the same one.
        Index(
            "uq_stored_files_live",
            "owner_kind",
            "owner_id",
            "slot",
            "received_sha256",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        # However many arrive at once, no place takes more than it says.
        Index(
            "uq_stored_files_number",
            "owner_kind",
            "owner_id",
            "slot",
            "number",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_stored_files_owner", "owner_kind", "owner_id"),
        Index(
            "ix_stored_files_sent", "sender_id", "owner_id", sqlite_where=_OF_EVIDENCE, postgresql_where=_OF_EVIDENCE
        ),
        Index("ix_stored_files_key", "storage_key"),
        Index("ix_stored_files_thumbnail", "thumbnail_key"),
        Index("ix_stored_files_receiving", "created_at", sqlite_where=_RECEIVING, postgresql_where=_RECEIVING),
    )
    TRANSITIONS: ClassVar = FILE_TRANSITIONS

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[FileState] = mapped_column(state_type(FileState), default=FileState.RECEIVING)
    owner_kind: Mapped[str] = mapped_column(String(24))
    owner_id: Mapped[int]
    slot: Mapped[str] = mapped_column(String(40))
    number: Mapped[int]
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    received_sha256: Mapped[str] = mapped_column(String(64))
    received_size: Mapped[int]
    type: Mapped[str] = mapped_column(String(40))
    storage_key: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    thumbnail_key: Mapped[str] = mapped_column(String(120))
    thumbnail_sha256: Mapped[str] = mapped_column(String(64))
    pages: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    flaw_names: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    stored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def parts(self) -> dict[str, str]:
        """The SHA-256 of each of its files, by its key."""
        return {self.storage_key: self.sha256, self.thumbnail_key: self.thumbnail_sha256}

    @property
    def flaws(self) -> tuple[Flaw, ...]:
        """What makes it hard to read."""
        return tuple(Flaw(name) for name in self.flaw_names.split())
