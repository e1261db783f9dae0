"""What MASSIV answers to a claim, to each person of it, and what is asked to be looked at again."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.claim import APPEAL_TRANSITIONS, AppealState, Outcome
from portal.domain.clock import lima, now
from portal.extensions import Base
from portal.models.claims import Claim, ClaimParty
from portal.models.stateful import Stateful
from portal.models.types import Money, UtcDateTime, state_type

_STANDING = text("confirmed_at IS NOT NULL")
_OPEN = text("state = 'open'")
_UNPAID = text("paid_at IS NULL AND amount > 0")


class ClaimResolution(Base):
    """A proposed answer, and the answer once another one of the staff confirmed it (its Decision is of kind
    CLAIM_RESOLUTION and names this row). `days`, `spent`: what the papers prove, from which the product's rule computes
    `total`. Of a rejection `ground` is the condition as the policy has it, and `words` those of the letter."""

    __tablename__ = "claim_resolutions"
    __table_args__ = (
        # A claim is answered once.
        Index(
            "uq_claim_resolutions_standing", "claim_id", unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    outcome: Mapped[Outcome] = mapped_column(state_type(Outcome))
    days: Mapped[int | None]
    spent: Mapped[Decimal | None] = mapped_column(Money)
    total: Mapped[Decimal] = mapped_column(Money)
    reckoning: Mapped[str] = mapped_column(String(300), default="")
    ground: Mapped[str] = mapped_column(Text, default="")
    words: Mapped[str] = mapped_column(Text, default="")
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    claim: Mapped[Claim] = relationship()
    awards: Mapped[list["ClaimAward"]] = relationship(
        order_by="ClaimAward.id", lazy="selectin", back_populates="resolution"
    )


class ClaimAward(Base):
    """What a resolution says to one person: `amount` soles, zero where nothing is paid. The letter is made of it, and
    the payouts that pay it name it (Payout.award_id)."""

    __tablename__ = "claim_awards"
    __table_args__ = (
        UniqueConstraint("resolution_id", "party_id"),
        CheckConstraint("amount >= 0", name="not_negative"),
        Index("ix_claim_awards_unpaid", "resolution_id", sqlite_where=_UNPAID, postgresql_where=_UNPAID),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resolution_id: Mapped[int] = mapped_column(ForeignKey("claim_resolutions.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("claim_parties.id"), index=True)
    amount: Mapped[Decimal] = mapped_column(Money)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    resolution: Mapped[ClaimResolution] = relationship(back_populates="awards")
    party: Mapped[ClaimParty] = relationship(lazy="joined", innerjoin=True)


class Appeal(Stateful, Base):
    """ "Pedir que se revise": what a person of a claim says against its answer."""

    __tablename__ = "claim_appeals"
    __table_args__ = (
        Index("uq_claim_appeals_open", "claim_id", "party_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_claim_appeals_due", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )
    TRANSITIONS: ClassVar = APPEAL_TRANSITIONS

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("claim_parties.id"), index=True)
    state: Mapped[AppealState] = mapped_column(state_type(AppealState), default=AppealState.OPEN)
    words: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    claim: Mapped[Claim] = relationship()
    party: Mapped[ClaimParty] = relationship()

    @property
    def answer_by(self) -> date:
        """The last day to answer it in time, in Lima."""
        return lima(self.due_at - timedelta(seconds=1)).date()
