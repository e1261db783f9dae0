"""Evidence that a customer bought of their own will."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.claim import PAPER_TRANSITIONS, PaperState
from portal.domain.clock import now
from portal.domain.evidence import EVIDENCE_NAMES, EvidenceKind
from portal.extensions import Base
from portal.models.purchases import Purchase
from portal.models.stateful import Stateful
from portal.models.types import UtcDateTime, state_type

_TO_REVIEW = text("state = 'received'")
_ASKED_AGAIN = text("state = 'observed'")
_TO_CONFIRM = text("confirm_at IS NOT NULL")


class Evidence(Stateful, Base):
    """One of a kind of a purchase: its files are StoredFiles of owner_kind FILES. Asked again, the next `attempt` takes
    new files beside those that were sent before. `reason`: why it was asked again, in words for the customer.
    `confirm_at`: when the customer is told by mail what came, unless more comes until then."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("uq_evidence_kind", "purchase_id", "kind", unique=True),
        Index("ix_evidence_to_review", "received_at", "id", sqlite_where=_TO_REVIEW, postgresql_where=_TO_REVIEW),
        Index("ix_evidence_asked", "purchase_id", sqlite_where=_ASKED_AGAIN, postgresql_where=_ASKED_AGAIN),
        Index("ix_evidence_to_confirm", "confirm_at", sqlite_where=_TO_CONFIRM, postgresql_where=_TO_CONFIRM),
    )
    TRANSITIONS: ClassVar = PAPER_TRANSITIONS
    FILES: ClassVar = "evidence"  # owner_kind of its StoredFiles

    id: Mapped[int] = mapped_column(primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchases.id"))
    kind: Mapped[EvidenceKind] = mapped_column(state_type(EvidenceKind))
    state: Mapped[PaperState] = mapped_column(state_type(PaperState), default=PaperState.PENDING)
    attempt: Mapped[int] = mapped_column(default=1, server_default="1")
    reason: Mapped[str] = mapped_column(String(300), default="")
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirm_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    purchase: Mapped[Purchase] = relationship()

    @property
    def slot(self) -> str:
        """Where the files of the present attempt lie."""
        return f"archivo-{self.attempt}"

    @property
    def name(self) -> str:
        """What it is called."""
        return EVIDENCE_NAMES[self.kind]
