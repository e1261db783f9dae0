"""Quotes: what was offered, to whom, for how much, until when."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain import calendar
from portal.domain import quote as rules
from portal.domain.clock import now
from portal.domain.quote import QuotePurpose, QuoteState
from portal.extensions import Base
from portal.models.accounts import Account
from portal.models.people import Person
from portal.models.stateful import Stateful
from portal.models.types import Money, UtcDateTime, state_type

if TYPE_CHECKING:
    from portal.models.policies import Policy

_SERVES = text("policy_id IS NOT NULL")


class Quote(Stateful, Base):
    """Its amounts were computed by the server from the plan of `product_version_id`; nobody posts them. `policy_id`:
    the policy whose plan it changes or that it renews."""

    __tablename__ = "quotes"
    __table_args__ = (
        Index("ix_quotes_account", "account_id", "id"),
        UniqueConstraint("account_id", "request_token", name="uq_quotes_request"),
        Index("ix_quotes_policy", "policy_id", sqlite_where=_SERVES, postgresql_where=_SERVES),
        CheckConstraint("(purpose = 'purchase') = (policy_id IS NULL)", name="purpose_has_policy"),
        CheckConstraint("premium_total = premium_net + premium_igv", name="premium_adds_up"),
    )
    TRANSITIONS: ClassVar = rules.QUOTE_TRANSITIONS

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    request_token: Mapped[str] = mapped_column(String(43))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    holder_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    insured_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    product_version_id: Mapped[int] = mapped_column(ForeignKey("product_versions.id"))
    purpose: Mapped[QuotePurpose] = mapped_column(
        state_type(QuotePurpose), default=QuotePurpose.PURCHASE, server_default=QuotePurpose.PURCHASE.value
    )
    # Of a circle of tables: a policy comes of a quote.
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policies.id", use_alter=True))
    plan_code: Mapped[str] = mapped_column(String(40))
    premium_net: Mapped[Decimal] = mapped_column(Money)
    premium_igv: Mapped[Decimal] = mapped_column(Money)
    premium_total: Mapped[Decimal] = mapped_column(Money)
    chosen_start: Mapped[date | None]
    valid_until: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[QuoteState] = mapped_column(state_type(QuoteState), default=QuoteState.VALID)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    account: Mapped[Account] = relationship()
    holder: Mapped[Person] = relationship(foreign_keys=[holder_id], lazy="joined", innerjoin=True)
    insured: Mapped[Person] = relationship(foreign_keys=[insured_id], lazy="joined", innerjoin=True)
    policy: Mapped["Policy | None"] = relationship(foreign_keys=[policy_id])

    def state_on(self, moment: datetime) -> QuoteState:
        return rules.state_on(self.state, self.valid_until, moment)

    def starts_if_paid_at(self, moment: datetime) -> datetime:
        """When cover, or the other plan, begins, were it paid then."""
        if self.is_plan_change and self.chosen_start:
            return calendar.noon(self.chosen_start)
        return calendar.cover_start(moment, self.chosen_start)

    def gap_if_paid_at(self, moment: datetime) -> bool:
        """Whether it renews a policy that has ended by the time that cover begins, were it paid then."""
        policy = self.policy
        return self.is_renewal and policy is not None and self.starts_if_paid_at(moment) > policy.ends_at

    @property
    def is_renewal(self) -> bool:
        """Whether it buys the year that follows a policy."""
        return self.purpose is QuotePurpose.RENEWAL

    @property
    def is_plan_change(self) -> bool:
        """Whether it buys another plan of a policy."""
        return self.purpose is QuotePurpose.PLAN_CHANGE

    @property
    def is_other_plan(self) -> bool:
        """Whether it renews a policy by another plan than that with which it ends."""
        policy = self.policy
        return self.is_renewal and policy is not None and policy.terms_at(policy.ends_at).plan_code != self.plan_code

    @property
    def holder_is_insured(self) -> bool:
        return self.holder.identity == self.insured.identity
