"""Notices of somebody without an account: that a person died or had an accident."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.claim import NOTICE_TRANSITIONS, EventKind, NoticeState
from portal.domain.clock import now
from portal.domain.identity import DocumentType, Identity
from portal.extensions import Base
from portal.models.claims import Claim, ClaimParty
from portal.models.stateful import Stateful
from portal.models.types import UtcDateTime, state_type

_UNMATCHED = text("state = 'new'")


class Notice(Stateful, Base):
    """`insured_*`: whom it is about, by document or by `policy_number` as typed. `document_*`, `names`: who gives it.
    `number` is given when the mail code is passed, or at once when one of the staff enters it (`entered_by_id`); until
    then it is found by `token`. `matches`: the claims that it turned out to be about, one a policy, each with the
    person that its sender is in it. `answer`: the words of its closing letter. `due_at`: until when the desk wants to
    have matched it."""

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("state = 'draft' OR number IS NOT NULL", name="confirmed_has_number"),
        Index("ix_notices_unmatched", "due_at", "id", sqlite_where=_UNMATCHED, postgresql_where=_UNMATCHED),
        Index("ix_notices_insured", "insured_country", "insured_document_type", "insured_document_number"),
        Index("ix_notices_sender", "country", "document_type", "document_number"),
    )
    TRANSITIONS: ClassVar = NOTICE_TRANSITIONS

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    number: Mapped[str | None] = mapped_column(String(24), unique=True)
    state: Mapped[NoticeState] = mapped_column(state_type(NoticeState), default=NoticeState.DRAFT)
    kind: Mapped[EventKind] = mapped_column(state_type(EventKind))
    insured_name: Mapped[str] = mapped_column(String(120), default="")
    insured_country: Mapped[str | None] = mapped_column(String(2))
    insured_document_type: Mapped[DocumentType | None] = mapped_column(state_type(DocumentType))
    insured_document_number: Mapped[str | None] = mapped_column(String(12))
    policy_number: Mapped[str] = mapped_column(String(24), default="")
    event_date: Mapped[date | None]
    story: Mapped[str] = mapped_column(Text, default="")
    names: Mapped[str] = mapped_column(String(60))
    surnames: Mapped[str] = mapped_column(String(121))
    relation: Mapped[str] = mapped_column(String(60), default="")
    country: Mapped[str] = mapped_column(String(2))
    document_type: Mapped[DocumentType] = mapped_column(state_type(DocumentType))
    document_number: Mapped[str] = mapped_column(String(12))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(15), default="")
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    ip: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    matches: Mapped[list["NoticeMatch"]] = relationship(order_by="NoticeMatch.id", lazy="selectin")

    @property
    def identity(self) -> Identity:
        """Who gives it."""
        return Identity(self.document_type, self.document_number, self.country)

    @property
    def full_name(self) -> str:
        return f"{self.names} {self.surnames}"


class NoticeMatch(Base):
    """That a notice is about a claim, and who its sender is in it."""

    __tablename__ = "notice_matches"
    __table_args__ = (Index("uq_notice_matches", "notice_id", "claim_id", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("claim_parties.id"), index=True)
    matched_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    matched_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    claim: Mapped[Claim] = relationship()
    party: Mapped[ClaimParty] = relationship()
