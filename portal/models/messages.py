"""Every mail is a stored row, readable as it was sent; a secret in it is erased once it has left."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.clock import now
from portal.domain.message import MESSAGE_TRANSITIONS, MessageState
from portal.extensions import Base
from portal.models.documents import Document
from portal.models.stateful import Stateful
from portal.models.types import UtcDateTime, state_type

_UNSENT = text("state <> 'sent'")
_SECRET = text("secret IS NOT NULL")

message_documents = Table(
    "message_documents",
    Base.metadata,
    Column("message_id", ForeignKey("messages.id"), primary_key=True),
    Column("document_id", ForeignKey("documents.id"), primary_key=True),
)


class Message(Stateful, Base):
    """`text_body` and `html_body` hold a placeholder where the encrypted `secret` goes when the mail leaves.
    `request_id`: of the request that caused it; it stands in the mail's headers, and so never changes.
    `expires_at`: from then on nobody can do what it asks for, and it is sent no more. `secret_for`: what its secret
    opens; a newer one takes its place. `dated_at`: the Date of its headers, when it was first tried, or tried anew
    under another Message-ID; `first_rfc_message_id` is then the one that it began with."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_account", "account_id", "id"),
        Index("ix_messages_secret_for", "secret_for", sqlite_where=_SECRET, postgresql_where=_SECRET),
        Index("ix_messages_unsent", "queued_at", sqlite_where=_UNSENT, postgresql_where=_UNSENT),
    )
    TRANSITIONS: ClassVar = MESSAGE_TRANSITIONS

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(40))
    quote_id: Mapped[int | None] = mapped_column(ForeignKey("quotes.id"), index=True)
    purchase_id: Mapped[int | None] = mapped_column(ForeignKey("purchases.id"), index=True)
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id"), index=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"), index=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"), index=True)
    recipient: Mapped[str] = mapped_column(String(254))
    first_recipient: Mapped[str | None] = mapped_column(String(254))
    rfc_message_id: Mapped[str] = mapped_column(String(120), unique=True)
    first_rfc_message_id: Mapped[str | None] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(200))
    text_body: Mapped[str] = mapped_column(Text)
    html_body: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    secret_for: Mapped[str | None] = mapped_column(String(60))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[MessageState] = mapped_column(state_type(MessageState), default=MessageState.QUEUED)
    reason: Mapped[str | None] = mapped_column(String(200))
    request_id: Mapped[str | None] = mapped_column(String(36))
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    dated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    attachments: Mapped[list[Document]] = relationship(secondary=message_documents, lazy="selectin")
