"""Payments: each try is a row with its own number and idempotency key."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, synonym

from portal.domain.clock import now
from portal.domain.payment import (
    LIVE_STATES,
    NOT_ISSUED,
    NOT_SOLD,
    PAYMENT_TRANSITIONS,
    REVIEW_TIME,
    UNCHARGED_STATES,
    PaymentState,
)
from portal.domain.purchase import METHOD_NAMES, PaymentMethod
from portal.extensions import Base
from portal.models.moved_by_bank import MovedByBank
from portal.models.purchases import Purchase
from portal.models.types import UtcDateTime, state_type

_LIVE = text(f"state IN ({', '.join(repr(state.value) for state in LIVE_STATES)})")
_CHARGED_LATE = text(
    f"state IN ({', '.join(repr(state.value) for state in UNCHARGED_STATES)}) AND authorization_code IS NOT NULL"
)
_TOKEN = text("account_token IS NOT NULL")
_BY_ACCOUNT = text(f"method = {PaymentMethod.ACCOUNT.value!r} AND resolved_at IS NOT NULL")
_AWAITING = text(f"state = {PaymentState.AWAITING_CASH.value!r}")


class Payment(MovedByBank, Base):
    """`number` is the payment request's number and the bank's reference.

    In cash it is the slip: `slip_code` is what the customer says at the counter, `agency_code` the agency they chose,
    `due_at` the last moment at which it can be paid.
    """

    __tablename__ = "payments"
    __table_args__ = (
        # Money moves once: no second live payment of a purchase can exist, whatever runs at the same time.
        Index("uq_payments_live", "purchase_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_payments_purchase", "purchase_id", "id"),
        Index("ix_payments_state", "state", "sent_at"),
        Index("ix_payments_charged_late", "id", sqlite_where=_CHARGED_LATE, postgresql_where=_CHARGED_LATE),
        Index("ix_payments_due", "due_at", sqlite_where=_AWAITING, postgresql_where=_AWAITING),
        Index("ix_payments_token", "token_until", sqlite_where=_TOKEN, postgresql_where=_TOKEN),
        Index("ix_payments_resolved", "resolved_at", sqlite_where=_BY_ACCOUNT, postgresql_where=_BY_ACCOUNT),
        CheckConstraint("amount > 0", name="amount_positive"),
    )
    TRANSITIONS: ClassVar = PAYMENT_TRANSITIONS

    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchases.id"))
    state: Mapped[PaymentState] = mapped_column(state_type(PaymentState), default=PaymentState.CREATED)
    account_token: Mapped[str | None] = mapped_column(String(1000))  # sealed
    token_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    method: Mapped[PaymentMethod] = mapped_column(
        state_type(PaymentMethod), default=PaymentMethod.ACCOUNT, server_default=PaymentMethod.ACCOUNT.value
    )
    bank_name: Mapped[str] = mapped_column(String(120))
    card_last4: Mapped[str] = mapped_column(String(4))
    slip_code: Mapped[str | None] = mapped_column(String(12), unique=True)
    agency_code: Mapped[str | None] = mapped_column(String(20))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    charge_id: Mapped[str | None] = mapped_column(String(120))
    authorization_code: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    bank_id = synonym("charge_id")

    purchase: Mapped[Purchase] = relationship(back_populates="payments")

    @property
    def method_name(self) -> str:
        """How it is paid, as the owner names it."""
        return METHOD_NAMES[self.method]

    @property
    def owes_policy(self) -> bool:
        """The bank charged it, and its policy could not be issued, by a fault of ours."""
        return self.state is PaymentState.IN_REVIEW and self.reason == NOT_ISSUED

    @property
    def was_charged_late(self) -> bool:
        """The bank told of its charge when the payment had ended without one: the money is the customer's."""
        return self.state in UNCHARGED_STATES and self.authorization_code is not None

    @property
    def bought_nothing(self) -> bool:
        """The money came, no policy could be sold for it, and it goes back."""
        return self.state is PaymentState.APPROVED and self.reason == NOT_SOLD

    @property
    def owes_its_charge(self) -> bool:
        """The bank's charge bought nothing, and has to go back or has gone."""
        return self.was_charged_late or (self.bought_nothing and self.charge_id is not None)

    @property
    def answer_by(self) -> datetime | None:
        """Until when the customer was told to hear how the review ended; None while nobody reviews it."""
        since = self.in_review_at
        if since is None and self.state is PaymentState.IN_REVIEW:
            since = self.processing_at  # left to people by the release before, which wrote no moment down
        return since and since + REVIEW_TIME
