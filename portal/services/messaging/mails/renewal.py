"""Mails about a policy's end: that it comes, with what the next year would be, and that it has come."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from portal.domain import calendar
from portal.domain.catalogue import Plan, Product
from portal.domain.formats import day
from portal.domain.message import Topic
from portal.domain.renewal import Change
from portal.models import Policy
from portal.services.messaging.mails.mail import Mail


@dataclass(frozen=True, kw_only=True)
class PolicyEnding(Mail):
    """A policy ends soon and does not renew itself. `product`, `plan`: those of the next year; `paid`: what this one
    cost, in soles; `changes`: what is other than this year."""

    kind = "policy_ending"
    topic = Topic.POLICIES
    words = "Su seguro termina pronto"

    policy: Policy
    product: Product
    plan: Plan
    paid: Decimal
    changes: Sequence[Change]

    @property
    def subject(self) -> str:
        changes = ", y el año nuevo cambia" if self.differs else ""
        return f"Su póliza {self.policy.number} termina el {day(self.policy.ends_at)}{changes}"

    @property
    def differs(self) -> bool:
        """Whether the next year's price or terms are others."""
        return bool(self.changes) or self.paid != self.plan.total

    @property
    def expires_at(self) -> datetime:
        """Its end: afterwards another mail says what can be done."""
        return self.policy.ends_at


@dataclass(frozen=True, kw_only=True)
class PolicyExpired(Mail):
    """A policy ended, and can still be renewed for some days, with a gap."""

    kind = "policy_expired"
    topic = Topic.POLICIES
    words = "Su seguro terminó"

    policy: Policy
    product: Product
    plan: Plan
    closes_on: date

    @property
    def subject(self) -> str:
        return f"Su póliza {self.policy.number} terminó: puede renovarla hasta el {day(self.closes_on)}"

    @property
    def ends(self) -> Collection[str]:
        """Nobody is told any more that it will end."""
        return (PolicyEnding.kind,)

    @property
    def expires_at(self) -> datetime:
        """The noon of the last day to renew it."""
        return calendar.noon(self.closes_on)
