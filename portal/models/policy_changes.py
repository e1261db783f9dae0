"""What was asked to change in a policy, as it was shown, until it is confirmed or withdrawn."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.clock import now
from portal.domain.ending import Right
from portal.domain.policy_change import CHANGE_TRANSITIONS, ChangeKind, ChangeState
from portal.domain.purchase import PaymentMethod
from portal.extensions import Base
from portal.models.authorised import Authorised
from portal.models.beneficiaries import BeneficiaryColumns
from portal.models.policies import Endorsement, Policy
from portal.models.stateful import Stateful
from portal.models.types import Money, UtcDateTime, state_type

_OPEN = text("state = 'open'")


class PolicyChange(Stateful, Authorised, Base):
    """One at a time is open of a policy: who begins another withdraws it. `asked_by_id`: the holder's account, or that
    of who of the staff asks for them.

    What its page showed is what its code authorises: of an end or another plan when it would take effect, by which
    `right` or which plan, and the money that goes back (`refund`, in soles) and how; else who is paid, from the moment
    of its confirmation on, until which `effective_at` is that of its beginning. An end or a plan is computed anew
    before it is confirmed: what differs by then is shown again, and the code is void.
    """

    __tablename__ = "policy_changes"
    __table_args__ = (
        Index("uq_policy_changes_open", "policy_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_policy_changes_policy", "policy_id", "id"),
        CheckConstraint("refund >= 0", name="refund_not_negative"),
        CheckConstraint("(state = 'done') = (endorsement_id IS NOT NULL)", name="done_has_endorsement"),
    )
    TRANSITIONS: ClassVar = CHANGE_TRANSITIONS

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policies.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[ChangeKind] = mapped_column(state_type(ChangeKind))
    state: Mapped[ChangeState] = mapped_column(state_type(ChangeState), default=ChangeState.OPEN)
    right: Mapped[Right | None] = mapped_column(state_type(Right))
    effective_at: Mapped[datetime] = mapped_column(UtcDateTime)
    refund: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    plan_code: Mapped[str | None] = mapped_column(String(40))
    refund_method: Mapped[PaymentMethod | None] = mapped_column(state_type(PaymentMethod))
    refund_agency: Mapped[str | None] = mapped_column(String(20))
    endorsement_id: Mapped[int | None] = mapped_column(ForeignKey("endorsements.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    policy: Mapped[Policy] = relationship()
    endorsement: Mapped[Endorsement | None] = relationship()
    beneficiaries: Mapped[list["ChangeBeneficiary"]] = relationship(
        order_by="ChangeBeneficiary.id", cascade="all, delete-orphan", lazy="selectin"
    )

    @property
    def is_asked_at_desk(self) -> bool:
        """Whether somebody of the staff asked for it, for its holder."""
        return self.asked_by_id != self.policy.account_id

    @property
    def authorises(self) -> Mapping[str, object]:
        """Exactly this change of exactly this policy, as it stood when it was shown."""
        return {
            "change": self.public_id,
            "policy": self.policy_id,
            "kind": self.kind,
            "right": self.right,
            "effective": str(self.effective_at.astimezone(UTC)),
            "refund": str(self.refund),
            "method": self.refund_method,
            "agency": self.refund_agency,
            "plan": self.plan_code,
            "beneficiaries": [repr(one.as_value()) for one in self.beneficiaries],
        }


class ChangeBeneficiary(BeneficiaryColumns, Base):
    __tablename__ = "change_beneficiaries"

    change_id: Mapped[int] = mapped_column(ForeignKey("policy_changes.id"), index=True)
