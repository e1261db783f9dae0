"""A purchase in progress: the answers, on the row, so that any device goes on where another stopped."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.clock import now
from portal.domain.purchase import METHOD_NAMES, PURCHASE_TRANSITIONS, PaymentMethod, PurchaseState
from portal.extensions import Base
from portal.models.accounts import Account
from portal.models.authorised import Authorised
from portal.models.beneficiaries import BeneficiaryColumns
from portal.models.quotes import Quote
from portal.models.stateful import Stateful
from portal.models.types import UtcDateTime, state_type

if TYPE_CHECKING:
    from portal.models.payments import Payment

_TOKEN = text("account_token IS NOT NULL")
_SOLD = text("seller_id IS NOT NULL")


class Purchase(Authorised, Stateful, Base):
    """No step is stored: what is complete follows from the answers. `terms_binding` holds the fingerprint of those that
    the terms were accepted for, as `code_binding` does for the code. `account_asks`: how often the bank was asked for
    an account; `account_asked`: for which card last, as a keyed hash."""

    __tablename__ = "purchases"
    __table_args__ = (
        Index("ix_purchases_account", "account_id", "id"),
        Index("ix_purchases_seller", "seller_id", sqlite_where=_SOLD, postgresql_where=_SOLD),
        Index("ix_purchases_token", "account_validated_at", sqlite_where=_TOKEN, postgresql_where=_TOKEN),
    )
    TRANSITIONS: ClassVar = PURCHASE_TRANSITIONS

    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    quote_id: Mapped[int] = mapped_column(ForeignKey("quotes.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    agency_code: Mapped[str | None] = mapped_column(String(20))
    state: Mapped[PurchaseState] = mapped_column(state_type(PurchaseState), default=PurchaseState.OPEN)
    beneficiaries_answered: Mapped[bool] = mapped_column(default=False)
    method: Mapped[PaymentMethod | None] = mapped_column(state_type(PaymentMethod))
    bank_code: Mapped[str | None] = mapped_column(String(100))
    bank_name: Mapped[str | None] = mapped_column(String(120))
    card_last4: Mapped[str | None] = mapped_column(String(4))
    card_expiry_month: Mapped[int | None]
    card_expiry_year: Mapped[int | None]
    account_token: Mapped[str | None] = mapped_column(String(1000))  # sealed
    cash_agency_code: Mapped[str | None] = mapped_column(String(20))
    masked_account: Mapped[str | None] = mapped_column(String(100))
    account_validated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_asks: Mapped[int] = mapped_column(default=0, server_default="0")
    account_asked: Mapped[str | None] = mapped_column(String(64))
    account_answer: Mapped[str | None] = mapped_column(String(20))
    terms_binding: Mapped[str | None] = mapped_column(String(64))
    terms_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    account: Mapped[Account] = relationship(foreign_keys=[account_id])
    quote: Mapped[Quote] = relationship(lazy="joined", innerjoin=True)
    beneficiaries: Mapped[list["PurchaseBeneficiary"]] = relationship(
        order_by="PurchaseBeneficiary.id", cascade="all, delete-orphan", lazy="selectin"
    )

    payments: Mapped[list["Payment"]] = relationship(order_by="Payment.id", lazy="selectin", back_populates="purchase")

    @property
    def amount(self) -> Decimal:
        """What will be charged: always the quote's own total."""
        return self.quote.premium_total

    @property
    def authorises(self) -> Mapping[str, object]:
        """Everything that a code and the accepted terms authorise: editing any of it voids both."""
        quote = self.quote
        return {
            "purchase": self.public_id,
            "quote": quote.number,
            "product_version": quote.product_version_id,
            "plan": quote.plan_code,
            "amount": str(self.amount),
            "start": str(quote.chosen_start),
            "holder": quote.holder_id,
            "insured": quote.insured_id,
            "method": self.method,
            "beneficiaries": [repr(one.as_value()) for one in self.beneficiaries],
            "heirs": self.beneficiaries_answered and not self.beneficiaries,
        }

    @property
    def changed_policy(self) -> str | None:
        """The number of the policy whose plan it changes; None where it buys a policy of its own."""
        quote = self.quote
        return quote.policy.number if quote.is_plan_change and quote.policy else None

    @property
    def method_name(self) -> str | None:
        """How it is paid, as the owner names it."""
        return METHOD_NAMES[self.method] if self.method else None


class PurchaseBeneficiary(BeneficiaryColumns, Base):
    __tablename__ = "purchase_beneficiaries"
    __table_args__ = (Index("ix_purchase_beneficiaries_identity", "country", "document_type", "document_number"),)

    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchases.id"), index=True)
