"""Notices of somebody without an account: that a person died or had an accident."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.claim import NOTICE_TRANSITIONS, EventKind, NoticeState
from portal.domain.clock import now
from portal.domain.countries import PERU
from portal.domain.identity import DocumentType, Identity
from portal.extensions import Base
from portal.models.claims import Claim, ClaimParty
from portal.models.stateful import Stateful
from portal.models.types import UtcDateTime, state_type

_UNMATCHED = text("state = 'new'")


class Notice(Stateful, Base):
    """`insured_*`: whom it is about, by document or by `policy_number` as typed. `document_*`, `names`: who gives it,
    which a draft may not say yet. `number` is given when the mail code is passed, or at once when one of the staff
    enters it (`entered_by_id`); until then it is found by `token`. `matches`: the claims that it turned out to be
    about, one a policy, each with the person that its sender is in it. `answer`: the words of its closing letter.
    `due_at`: until when the desk wants to have matched it."""

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("state = 'draft' OR number IS NOT NULL", name="confirmed_has_number"),
        CheckConstraint("state = 'draft' OR document_number IS NOT NULL", name="confirmed_has_sender"),
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
    names: Mapped[str] = mapped_column(String(60), default="")
    surnames: Mapped[str] = mapped_column(String(121), default="")
    relation: Mapped[str] = mapped_column(String(60), default="")
    country: Mapped[str | None] = mapped_column(String(2))
    document_type: Mapped[DocumentType | None] = mapped_column(state_type(DocumentType))
    document_number: Mapped[str | None] = mapped_column(String(12))
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
    def identity(self) -> Identity | None:
        """Who gives it; None while a draft does not say."""
        if self.document_type is None or self.document_number is None:
            return None
        return Identity(self.document_type, self.document_number, self.country or PERU)

    @property
    def insured(self) -> Identity | None:
        """Whom it is about, where it says so by their document."""
        if self.insured_document_type is None or self.insured_document_number is None:
            return None
        return Identity(self.insured_document_type, self.insured_document_number, self.insured_country or PERU)

    @property
    def full_name(self) -> str:
        return f"{self.names} {self.surnames}".strip()


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


class NoticeVisit(Base):
    """Somebody without an account comes back to a notice, by its number and their own document. `notice_id` is None
    when the two don't belong together: page and work are the same. `asked_key`: a keyed hash of both, for limits that
    hold in either case. `browser_key`: the only browser where it can be opened. It is open from `opened_at`, when its
    mailed code was passed, until `ended_at` or 30 minutes without use."""

    __tablename__ = "notice_visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"), index=True)
    asked_key: Mapped[str] = mapped_column(String(64), index=True)
    browser_key: Mapped[str] = mapped_column(String(64))
    ip: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    notice: Mapped[Notice | None] = relationship()
