"""Accounts, their sessions, sign-ups not yet confirmed, and one-time codes."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.clock import now
from portal.domain.identity import DocumentType
from portal.extensions import Base
from portal.models.people import Person
from portal.models.types import UtcDateTime, state_type

if TYPE_CHECKING:
    from portal.models.names import NameWord


_IS_LOCKED = text("locked_until IS NOT NULL")


class Role(StrEnum):
    CUSTOMER = "customer"
    COLLABORATOR = "collaborator"
    SUPERVISOR = "supervisor"


class Account(Base):
    """One per identity and audience: staff may also be customers, under another login. `pending_email` waits for its
    code before it replaces `email`.

    `totp_tries` count those at its second step from where it never passed; `TryCount` those from places of its own,
    `NameTries` those at login. `locked_until`: until when a name of it is locked there, for its owner to be told, and
    `tries_told_at` when they last were. `failed_logins` counts nothing any more: the release before writes it.

    `agency_code`: where a collaborator works. `single_keys`: whether they work the desk by them. `totp_secret` is
    sealed; `totp_counter` is the last time step that was used, so that no code counts twice.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("country", "document_type", "document_number", "is_staff", name="uq_accounts_identity"),
        Index("ix_accounts_locked", "locked_until", sqlite_where=_IS_LOCKED, postgresql_where=_IS_LOCKED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(24), unique=True)
    country: Mapped[str] = mapped_column(String(2))
    document_type: Mapped[DocumentType] = mapped_column(state_type(DocumentType))
    document_number: Mapped[str] = mapped_column(String(12), index=True)
    is_staff: Mapped[bool] = mapped_column(default=False)
    role: Mapped[Role] = mapped_column(state_type(Role), default=Role.CUSTOMER)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    email: Mapped[str] = mapped_column(String(254), index=True)
    pending_email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(160))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    initial_password_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agency_code: Mapped[str | None] = mapped_column(String(20))
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_enrolled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_counter: Mapped[int | None]
    totp_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    totp_locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    single_keys: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    # Never in one statement with the account's lock: PostgreSQL, once it has waited for an account whose person was
    # corrected meanwhile, would find no row where the two are joined.
    person: Mapped[Person] = relationship(lazy="selectin")
    name_words: Mapped[list["NameWord"]] = relationship(cascade="all, delete-orphan")

    @property
    def is_customer(self) -> bool:
        return self.role is Role.CUSTOMER


class UserSession(Base):
    """One signed-in browser. The cookie holds a random token; the row holds its hash. `second_step_at`: when somebody
    of the staff passed the second step in it. `device_key`: which browser of this account's it is, as a keyed hash that
    says nothing about other accounts in the same browser."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    second_step_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ip: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    device_key: Mapped[str | None] = mapped_column(String(64))

    account: Mapped[Account] = relationship(lazy="joined", innerjoin=True)


class TryCount(Base):
    """The tries at a secret of an account from one place of its own, which nobody else's tries use up. `place`: a known
    browser, an open session or a colleague, as `lockout` names them."""

    __tablename__ = "try_counts"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    place: Mapped[str] = mapped_column(String(100), primary_key=True)
    made: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


class NameTries(Base):
    """The wrong passwords typed with a name at login, whether or not it is anybody's: the lock there, and what the page
    says of it. `key`: a keyed hash of the name and of the browser that it is known in."""

    __tablename__ = "name_tries"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    made: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


class RecoveryCode(Base):
    """Opens the second step once, for somebody of the staff who lost the device."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Recovery(Base):
    """Somebody asked to come in again without the password. `account_id` is None when nobody has that document: the
    page is the same. `identity_key`: a keyed hash of the document, for limits that hold whether it has an account.
    `device_key`: the browser it was asked from, if the account is known there."""

    __tablename__ = "recoveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    identity_key: Mapped[str] = mapped_column(String(64), index=True)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ip: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    device_key: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


class Signup(Base):
    """What somebody typed to open an account. It reserves nothing until its code is passed; `account_id` is what became
    of it, `plan` the product's slug and the plan's code that wait to be quoted by it."""

    __tablename__ = "signups"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    email: Mapped[str] = mapped_column(String(254))
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepts_marketing: Mapped[bool] = mapped_column(default=False)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    plan: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    ip: Mapped[str] = mapped_column(String(45), default="")
    device: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)


class CodePurpose(StrEnum):
    ACCOUNT = "account"
    PURCHASE = "purchase"
    EMAIL = "email"
    RECOVERY = "recovery"
    REFUND = "refund"
    NOTICE = "notice"
    NOTICE_VISIT = "notice_visit"
    PAYOUT = "payout"
    PAYOUT_WAY = "payout_way"
    POLICY_CHANGE = "policy_change"


class Code(Base):
    """A six-digit code: hashed, ten minutes, five tries, one use. Only the newest of a subject counts."""

    __tablename__ = "codes"
    __table_args__ = (Index("ix_codes_subject", "purpose", "subject_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[CodePurpose] = mapped_column(state_type(CodePurpose))
    subject_id: Mapped[int]
    binding: Mapped[str] = mapped_column(String(64), default="")
    code_hash: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_ip: Mapped[str] = mapped_column(String(45), default="")
    used_device: Mapped[str] = mapped_column(String(200), default="")
