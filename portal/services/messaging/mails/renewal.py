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
        return (PolicyEnding.kind, PolicyEndsForGood.kind)

    @property
    def expires_at(self) -> datetime:
        """The noon of the last day to renew it."""
        return calendar.noon(self.closes_on)


@dataclass(frozen=True, kw_only=True)
class PolicyEndsForGood(Mail):
    """A policy ends soon, or `has_ended`, and can't be renewed: `why_not`, a sentence."""

    kind = "policy_ends_for_good"
    topic = Topic.POLICIES
    words = "Su seguro termina y no se renueva"

    policy: Policy
    product: Product
    why_not: str
    has_ended: bool

    @property
    def subject(self) -> str:
        verb = "terminó" if self.has_ended else "termina"
        return f"Su póliza {self.policy.number} {verb} el {day(self.policy.ends_at)} y no se puede renovar"

    @property
    def ends(self) -> Collection[str]:
        """Nobody is asked to renew it any more, nor told twice."""
        return ASKS_TO_RENEW

    @property
    def expires_at(self) -> datetime | None:
        """Its end, of one that says that it comes."""
        return None if self.has_ended else self.policy.ends_at


# What is told before and after a policy's end, until it is renewed or ended.
ASKS_TO_RENEW = (PolicyEnding.kind, PolicyExpired.kind, PolicyEndsForGood.kind)
