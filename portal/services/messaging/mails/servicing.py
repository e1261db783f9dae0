"""Mails of what a holder changes in a policy: the code that authorises it, and what came of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.ending import Ended
from portal.domain.formats import moment, money
from portal.domain.message import Topic
from portal.models import Endorsement, Policy, PolicyChange, Refund
from portal.services.messaging.mails.authorisation import AuthorisationCode, Fact
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.mails.sale import PolicySent


@dataclass(frozen=True, kw_only=True)
class EndCode(AuthorisationCode):
    """The code that ends a policy."""

    kind = "end_code"
    topic = Topic.POLICIES
    words = "Código para desvincular su póliza"

    change: PolicyChange
    product: Product
    plan: Plan

    @property
    def subject(self) -> str:
        return f"es su código para desvincular la póliza {self.change.policy.number}"

    @property
    def facts(self) -> Sequence[Fact]:
        change, policy = self.change, self.change.policy
        never_begins = change.effective_at == policy.starts_at
        return (
            Fact("Operación", "Desvincular una póliza", f"Póliza {policy.number}"),
            Fact("Seguro", self.product.name, self.plan.name),
            Fact("Protege hasta", "No llega a empezar" if never_begins else moment(change.effective_at)),
            Fact("Le devolvemos", money(change.refund)),
        )


@dataclass(frozen=True, kw_only=True)
class PolicyLeft(Mail):
    """A policy that its holder ended, with the PDF of its endorsement, and where its money is. `agency`: where what was
    paid in cash is collected."""

    kind = "policy_left"
    topic = Topic.POLICIES
    words = "Póliza desvinculada"

    policy: Policy
    endorsement: Endorsement
    product: Product
    plan: Plan
    figures: Ended
    refunds: Sequence[Refund]
    agency: Agency | None

    @property
    def subject(self) -> str:
        return f"Su póliza {self.policy.number} quedó desvinculada"

    @property
    def ends(self) -> Collection[str]:
        """Nobody is sent the policy any more."""
        return (PolicySent.kind,)
