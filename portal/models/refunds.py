"""Money that goes back to the customer."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.cci import Cci
from portal.domain.clock import now
from portal.domain.identity import DocumentType
from portal.domain.purchase import PaymentMethod
from portal.domain.refund import REFUND_TRANSITIONS, RefundState
from portal.extensions import Base
from portal.models.authorised import Authorised
from portal.models.moved_by_bank import MovedByBank
from portal.models.payments import Payment
from portal.models.types import UtcDateTime, state_type

_AT_THE_BANK = text("state IN ('processing', 'unknown', 'in_review')")
_NOT_RETURNED = text("method = 'cuenta' AND state IN ('refused', 'in_review')")
_BY_THE_BANK = text("method = 'cuenta' AND resolved_at IS NOT NULL")
_AWAITS = text("state = 'awaiting_collection'")

_GIVES = text("instead_of_id IS NOT NULL AND state NOT IN ('refused', 'void')")
_LEFT = text("state = 'refused' AND change_id IS NOT NULL")
_MADE_AFTER = text("reason = 'moved_after_the_end'")
_WHOLE = "cci IS NULL OR (instead_of_id IS NOT NULL AND payee_name IS NOT NULL AND document_number IS NOT NULL)"


class Refund(MovedByBank, Authorised, Base):
    """Part or all of a payment, given back: by the bank to the account that it charged or to that of `cci` (20 digits),
    whose owner is kept as the bank is told of them; or in cash at the agency of `agency_code`, of the money of
    `receipt_id`, to whoever says the code that was mailed to the account's owner or, once that has died, to their heir,
    whose name and document are kept then. `bank_id`: the bank's number of the
    refund."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("method <> 'efectivo' OR agency_code IS NOT NULL", name="cash_has_its_agency"),
        CheckConstraint(_WHOLE, name="account_has_its_owner"),
        Index("uq_refunds_instead", "instead_of_id", unique=True, sqlite_where=_GIVES, postgresql_where=_GIVES),
        Index("ix_refunds_made_after", "payment_id", sqlite_where=_MADE_AFTER, postgresql_where=_MADE_AFTER),
        Index("ix_refunds_left", "id", sqlite_where=_LEFT, postgresql_where=_LEFT),
        Index("ix_refunds_at_the_bank", "processing_at", sqlite_where=_AT_THE_BANK, postgresql_where=_AT_THE_BANK),
        Index("ix_refunds_not_returned", "payment_id", sqlite_where=_NOT_RETURNED, postgresql_where=_NOT_RETURNED),
        Index("ix_refunds_resolved", "resolved_at", sqlite_where=_BY_THE_BANK, postgresql_where=_BY_THE_BANK),
        Index("ix_refunds_to_collect", "agency_code", "id", sqlite_where=_AWAITS, postgresql_where=_AWAITS),
    )
    TRANSITIONS: ClassVar = REFUND_TRANSITIONS

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("cash_receipts.id"), unique=True)
    # Of a policy, what was paid too much for it by that change.
    change_id: Mapped[int | None] = mapped_column(ForeignKey("policy_changes.id"), index=True)
    # The one that the bank refused, and in place of which this gives the money.
    instead_of_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"))
    state: Mapped[RefundState] = mapped_column(state_type(RefundState))
    method: Mapped[PaymentMethod] = mapped_column(state_type(PaymentMethod), server_default=PaymentMethod.CASH.value)
    agency_code: Mapped[str | None] = mapped_column(String(20))
    cci: Mapped[str | None] = mapped_column(String(20))
    payee_name: Mapped[str | None] = mapped_column(String(120))
    document_type: Mapped[DocumentType | None] = mapped_column(state_type(DocumentType))
    document_number: Mapped[str | None] = mapped_column(String(12))
    # Of cash whose owner has died: where the heir's code is mailed, and what proves that they are one.
    payee_email: Mapped[str | None] = mapped_column(String(254))
    payee_proof: Mapped[str | None] = mapped_column(String(80))
    bank_id: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    payment: Mapped[Payment] = relationship()

    @property
    def account(self) -> str:
        """Where the bank gives it back, as far as that is shown."""
        if self.cci:
            return Cci(self.cci).shown
        return f"{self.payment.bank_name}, tarjeta terminada en {self.payment.card_last4}"

    @property
    def is_cash(self) -> bool:
        """Whether it is collected at an agency."""
        return self.method is PaymentMethod.CASH

    @property
    def where(self) -> str:
        """Where it is received: at an agency, or in which account."""
        return "En efectivo, en la agencia" if self.is_cash else self.account

    @property
    def authorises(self) -> Mapping[str, object]:
        """The hand-over of exactly this money, there, to its owner or an heir."""
        handed = {
            "refund": self.number,
            "account": self.account_id,
            "amount": str(self.amount),
            "agency": self.agency_code,
        }
        if self.payee_email is None:
            return handed
        return handed | {"heir": [self.payee_name, self.document_type, self.document_number, self.payee_email]}
