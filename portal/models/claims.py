"""Claims: what happened, the papers and people of it, and what was done about it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, and_, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, validates

from portal.domain.actor import Actor
from portal.domain.claim import (
    CLAIM_TRANSITIONS,
    PAPER_TRANSITIONS,
    Cause,
    ClaimEventKind,
    ClaimState,
    PaperState,
    PartyKind,
    PayoutWay,
    TaskKind,
)
from portal.domain.clock import now
from portal.domain.identity import DocumentType, Identity
from portal.domain.received_file import FileState
from portal.extensions import Base
from portal.models.policies import Policy, PolicyBeneficiary
from portal.models.stateful import Stateful
from portal.models.stored_files import StoredFile
from portal.models.types import Money, UtcDateTime, state_type

_OPEN = text("state IN ('registered', 'assessed', 'observed', 'approved')")
_NUMBERED = text("number IS NOT NULL")
_UNDONE = text("done_at IS NULL")
_TO_CHECK = text("state = 'received'")
_ALONE = text("represented_by_id IS NULL AND excluded_at IS NULL AND withdrawn_at IS NULL")
_OF_CLAIM = text("party_id IS NULL")
_OF_PARTY = text("party_id IS NOT NULL")


class Claim(Stateful, Base):
    """One event under one coverage of one policy. `number` is given when it is registered; until then it is a draft of
    the account `registered_by_id`, found by `public_id`, and `coverage_code` and the facts may be missing. Without a
    coverage its case is in none of them ("Mi caso no está"). `account_id`: whose policy it is, for lists of any length.

    `complete_at`: when the last paper that it needs came, None while one is missing or observed. `decided_at` and
    `paid_at` are the clock's other ends. `due_at`: until when MASSIV must do what is next by its clock; None while
    nothing runs. The desk's lists are sorted and counted by it. `previous_id`: the claim that this one opens again.
    `warnings`: what it was warned about when it was registered. `days_told`: where it is paid by days, how many
    there were by who told of it; the papers prove them."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'discarded') OR number IS NOT NULL", name="registered_has_number"),
        Index("ix_claims_policy", "policy_id", "id"),
        Index("ix_claims_due", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_claims_open", "state", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_claims_registrar", "registered_by_id", "id"),
        Index("ix_claims_account", "account_id", "id", sqlite_where=_NUMBERED, postgresql_where=_NUMBERED),
        Index("ix_claims_account_open", "account_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )
    TRANSITIONS: ClassVar = CLAIM_TRANSITIONS

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    number: Mapped[str | None] = mapped_column(String(24), unique=True)
    state: Mapped[ClaimState] = mapped_column(state_type(ClaimState), default=ClaimState.DRAFT)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    coverage_code: Mapped[str | None] = mapped_column(String(40))
    event_date: Mapped[date | None]
    cause: Mapped[Cause | None] = mapped_column(state_type(Cause))
    days_told: Mapped[int | None]
    story: Mapped[str] = mapped_column(Text, default="")
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    registered_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    # The health data in its papers were agreed to be read: when, and by the text of which version.
    consented_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    registered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    complete_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    policy: Mapped[Policy] = relationship(lazy="joined", innerjoin=True)
    previous: Mapped["Claim | None"] = relationship(remote_side=[id])
    parties: Mapped[list["ClaimParty"]] = relationship(
        order_by="ClaimParty.id", lazy="selectin", back_populates="claim"
    )
    papers: Mapped[list["ClaimPaper"]] = relationship(order_by="ClaimPaper.id", lazy="selectin", back_populates="claim")
    events: Mapped[list["ClaimEvent"]] = relationship(order_by="ClaimEvent.id", back_populates="claim")

    @property
    def insured_lives(self) -> bool:
        """Whether two of the staff answered that who was told of as dead lives."""
        return any(one.kind is ClaimEventKind.LIVES for one in self.events)

    @validates("policy")
    def _belongs_to(self, _key: str, policy: Policy) -> Policy:
        self.account_id = policy.account_id
        return policy


class ClaimParty(Base):
    """A person in a claim: who is paid, who acts for a minor, who told of it. `share`: in hundredths of the whole, of
    who shares a sum; None for who is paid alone or not at all. `represented_by_id`: who acts and is paid for a minor.
    `account_id`: the account that this person has in the portal, as far as one is known to be theirs.

    `way`, with `cci` or `agency_code`: how they want to be paid. `excluded_at`: they lost their share, for `ground`.
    `withdrawn_at`: they took their part back; it stays theirs, and nobody is paid it."""

    __tablename__ = "claim_parties"
    __table_args__ = (
        Index("ix_claim_parties_identity", "country", "document_type", "document_number"),
        Index("ix_claim_parties_account", "account_id", "claim_id"),
        Index("ix_claim_parties_alone", "birth_date", sqlite_where=_ALONE, postgresql_where=_ALONE),
        CheckConstraint("way IS NULL OR (cci IS NOT NULL) <> (agency_code IS NOT NULL)", name="one_way_to_be_paid"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    kind: Mapped[PartyKind] = mapped_column(state_type(PartyKind))
    names: Mapped[str] = mapped_column(String(60))
    surnames: Mapped[str] = mapped_column(String(121), default="")
    birth_date: Mapped[date | None]
    country: Mapped[str | None] = mapped_column(String(2))
    document_type: Mapped[DocumentType | None] = mapped_column(state_type(DocumentType))
    document_number: Mapped[str | None] = mapped_column(String(12))
    relation: Mapped[str] = mapped_column(String(60), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(15), default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    beneficiary_id: Mapped[int | None] = mapped_column(ForeignKey("policy_beneficiaries.id"))
    represented_by_id: Mapped[int | None] = mapped_column(ForeignKey("claim_parties.id"))
    share: Mapped[Decimal | None] = mapped_column(Money)
    way: Mapped[PayoutWay | None] = mapped_column(state_type(PayoutWay))
    cci: Mapped[str | None] = mapped_column(String(20))
    agency_code: Mapped[str | None] = mapped_column(String(20))
    way_chosen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    excluded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ground: Mapped[str] = mapped_column(String(300), default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    claim: Mapped[Claim] = relationship(back_populates="parties")
    beneficiary: Mapped[PolicyBeneficiary | None] = relationship()
    represented_by: Mapped["ClaimParty | None"] = relationship(remote_side=[id])

    def is_of(self, actor: Actor) -> bool:
        """Whether the actor is this person: by their account, or by the notice that they follow."""
        is_of_account = actor.account_id is not None and self.account_id == actor.account_id
        return is_of_account or self.id in actor.party_ids

    @property
    def is_out(self) -> bool:
        """Whether they are paid nothing, as it stands."""
        return self.excluded_at is not None or self.withdrawn_at is not None

    @property
    def full_name(self) -> str:
        return f"{self.names} {self.surnames}".strip()

    @property
    def identity(self) -> Identity | None:
        if self.document_type is None or self.document_number is None:
            return None
        return Identity(self.document_type, self.document_number, self.country or "PE")


class ClaimPaper(Stateful, Base):
    """A document that a claim asks for: `code` names it in the product as it was sold. `party_id`: the person whose own
    paper it is; None for one of the claim. `required`: the file is not complete without it; one that only some cases
    need is not, until the case is known to be one of them. `is_instead`: what serves in its place was sent. `files`:
    StoredFiles of owner_kind FILES that came whole, lost ones too. `reason`: why it was observed, in words for who
    sends it."""

    __tablename__ = "claim_papers"
    __table_args__ = (
        # One of each; NULLs are alike here, which a plain unique index would not hold.
        Index(
            "uq_claim_papers_of_claim",
            "claim_id",
            "code",
            unique=True,
            sqlite_where=_OF_CLAIM,
            postgresql_where=_OF_CLAIM,
        ),
        Index(
            "uq_claim_papers_of_party",
            "claim_id",
            "party_id",
            "code",
            unique=True,
            sqlite_where=_OF_PARTY,
            postgresql_where=_OF_PARTY,
        ),
        # The two above hold each a part of a claim's papers, so that neither finds all of them.
        Index("ix_claim_papers_claim", "claim_id", "state"),
        Index("ix_claim_papers_received", "claim_id", sqlite_where=_TO_CHECK, postgresql_where=_TO_CHECK),
    )
    TRANSITIONS: ClassVar = PAPER_TRANSITIONS
    FILES: ClassVar = "claim_paper"  # owner_kind of its StoredFiles

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("claim_parties.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    required: Mapped[bool] = mapped_column(default=True)
    state: Mapped[PaperState] = mapped_column(state_type(PaperState), default=PaperState.PENDING)
    is_instead: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(300), default="")
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    claim: Mapped[Claim] = relationship(back_populates="papers")
    party: Mapped[ClaimParty | None] = relationship()
    files: Mapped[list[StoredFile]] = relationship(
        primaryjoin=lambda: and_(
            foreign(StoredFile.owner_id) == ClaimPaper.id,
            StoredFile.owner_kind == ClaimPaper.FILES,
            StoredFile.state.in_((FileState.STORED, FileState.LOST)),
        ),
        order_by=StoredFile.id,
        viewonly=True,
    )


class ClaimEvent(Base):
    """What happened to a claim. Only ever added. `facts`: ids, codes and amounts, never words about a person; `words`:
    what was written to whom it concerns, if anything."""

    __tablename__ = "claim_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    kind: Mapped[ClaimEventKind] = mapped_column(state_type(ClaimEventKind))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    party_id: Mapped[int | None] = mapped_column(ForeignKey("claim_parties.id"))
    paper_id: Mapped[int | None] = mapped_column(ForeignKey("claim_papers.id"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    words: Mapped[str] = mapped_column(String(600), default="")

    claim: Mapped[Claim] = relationship(back_populates="events")


class ClaimNote(Base):
    """What one of the staff writes down for the others. Never shown to a claimant."""

    __tablename__ = "claim_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    words: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class ClaimTask(Base):
    """Something that MASSIV must do about a claim until `due_at`."""

    __tablename__ = "claim_tasks"
    __table_args__ = (
        UniqueConstraint("claim_id", "kind"),
        Index("ix_claim_tasks_undone", "due_at", sqlite_where=_UNDONE, postgresql_where=_UNDONE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    kind: Mapped[TaskKind] = mapped_column(state_type(TaskKind))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    words: Mapped[str] = mapped_column(String(300), default="")

    claim: Mapped[Claim] = relationship()
