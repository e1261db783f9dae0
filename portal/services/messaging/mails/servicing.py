"""Mails of what a holder changes in a policy: the code that authorises it, and what came of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.domain.agencies import Agency
from portal.domain.beneficiaries import BeneficiaryKind
from portal.domain.catalogue import Plan, Product
from portal.domain.ending import Ended
from portal.domain.formats import moment, money, percent
from portal.domain.message import Topic
from portal.domain.plan_change import PlanChanged
from portal.models import CashReceipt, Endorsement, Payment, Policy, PolicyChange, Purchase, Quote, Refund
from portal.services.messaging.mails.authorisation import AuthorisationCode, Fact
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.mails.renewal import ASKS_TO_RENEW
from portal.services.messaging.mails.sale import PolicySent


@dataclass(frozen=True, kw_only=True)
class ChangeCode(AuthorisationCode):
    """The code of a change of a policy, asked for by its holder or, with them before them, by one of the staff. Its
    bodies are written on `layouts/change_code_email`."""

    change: PolicyChange
    product: Product
    plan: Plan

    def given(self) -> dict[str, Any]:
        """With whether it is told at the desk."""
        return {**super().given(), "at_desk": self.change.is_asked_at_desk}


@dataclass(frozen=True, kw_only=True)
class EndCode(ChangeCode):
    """The code that ends a policy. `where`: where its money goes."""

    kind = "end_code"
    topic = Topic.POLICIES
    words = "Código para desvincular su póliza"

    where: str

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
            Fact("Le devolvemos", money(change.refund), self.where),
        )


@dataclass(frozen=True, kw_only=True)
class BeneficiariesCode(ChangeCode):
    """The code that names who is paid."""

    kind = "beneficiaries_code"
    topic = Topic.POLICIES
    words = "Código para cambiar los beneficiarios"

    @property
    def subject(self) -> str:
        return f"es su código para cambiar los beneficiarios de la póliza {self.change.policy.number}"

    @property
    def facts(self) -> Sequence[Fact]:
        people = [
            Fact(
                "Cobra de reemplazo" if one.kind is BeneficiaryKind.CONTINGENT else "Cobra",
                one.full_name,
                f"{one.relation_name}, {percent(one.share)}",
            )
            for one in self.change.beneficiaries
        ]
        return (
            Fact("Operación", "Cambiar los beneficiarios", f"Póliza {self.change.policy.number}"),
            Fact("Seguro", self.product.name, self.plan.name),
            *(people or [Fact("Cobran", "Sus herederos legales")]),
            Fact("Vale desde", "Que usted confirme"),
        )


@dataclass(frozen=True, kw_only=True)
class BeneficiariesChanged(Mail):
    """Who is paid was named anew, with the PDF of the endorsement. `apart`: the policies of the year before or after,
    which name their own."""

    kind = "beneficiaries_changed"
    topic = Topic.POLICIES
    words = "Beneficiarios cambiados"

    policy: Policy
    endorsement: Endorsement
    product: Product
    plan: Plan
    apart: Sequence[str]

    @property
    def subject(self) -> str:
        return f"Cambiaron los beneficiarios de su póliza {self.policy.number}"


@dataclass(frozen=True, kw_only=True)
class BegunAtDesk(Mail):
    """Another plan or the next year of a policy, which one of the staff began to buy for its holder: what is left is
    theirs to do."""

    kind = "begun_at_desk"
    topic = Topic.POLICIES
    words = "Compra que le falta terminar"

    policy: Policy
    purchase: Purchase
    quote: Quote
    product: Product
    plan: Plan

    @property
    def subject(self) -> str:
        what = "la renovación" if self.quote.is_renewal else "el cambio de plan"
        return f"Siga con {what} de su póliza {self.policy.number}"

    @property
    def expires_at(self) -> datetime:
        """The last moment in which it can be paid."""
        return self.quote.valid_until


# What asks for a purchase about a policy, until that can't follow any more.
ASKS_TO_BUY = (BegunAtDesk.kind, *ASKS_TO_RENEW)


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
        """Nobody is sent the policy any more, told of a plan of it, or asked to buy one or to renew it."""
        return (PolicySent.kind, PlanChangeDone.kind, *ASKS_TO_BUY)


@dataclass(frozen=True, kw_only=True)
class PlanCode(ChangeCode):
    """The code that changes a policy to a plan that costs nothing more. `where`: where what goes back is received."""

    kind = "plan_code"
    topic = Topic.POLICIES
    words = "Código para cambiar de plan"

    before: Plan
    where: str

    @property
    def subject(self) -> str:
        return f"es su código para pasar al {self.plan.name} en la póliza {self.change.policy.number}"

    @property
    def facts(self) -> Sequence[Fact]:
        change = self.change
        return (
            Fact("Operación", "Cambiar de plan", f"Póliza {change.policy.number}"),
            Fact("Seguro", self.product.name),
            Fact("Plan", f"Del {self.before.name} al {self.plan.name}"),
            Fact("Desde", moment(change.effective_at)),
            Fact("Le devolvemos", money(change.refund), self.where),
        )


@dataclass(frozen=True, kw_only=True)
class PlanChangeDone(Mail):
    """A policy has another plan, with the PDF of its endorsement and the policy as it stands from then on. `payment`:
    of what it cost; `refunds`: what goes back, at the `agency` where it was paid in cash."""

    kind = "plan_changed"
    topic = Topic.POLICIES
    words = "Cambio de plan"

    policy: Policy
    endorsement: Endorsement
    product: Product
    plan: Plan
    before: Plan
    figures: PlanChanged
    payment: Payment | None
    refunds: Sequence[Refund]
    agency: Agency | None

    @property
    def subject(self) -> str:
        return f"Su póliza {self.policy.number} pasa al {self.plan.name}"

    @property
    def ends(self) -> Collection[str]:
        """Nobody is asked to go on with a plan that was begun: it is had, or another is."""
        return (BegunAtDesk.kind,)


@dataclass(frozen=True, kw_only=True)
class PlanChangeUndone(Mail):
    """A receipt that had changed a plan was reversed: `plan`, the one before, holds again. `mistake`: why."""

    kind = "plan_undone"
    topic = Topic.POLICIES
    words = "Cambio de plan anulado"

    policy: Policy
    endorsement: Endorsement
    receipt: CashReceipt
    product: Product
    plan: Plan
    agency: Agency
    mistake: str

    @property
    def subject(self) -> str:
        return f"Su póliza {self.policy.number} sigue con el {self.plan.name}: el cobro fue un error"

    @property
    def ends(self) -> Collection[str]:
        """What told of the other plan."""
        return (PlanChangeDone.kind,)


@dataclass(frozen=True, kw_only=True)
class RefundRefused(Mail):
    """The bank did not give the money back to the account: another way is to be chosen."""

    kind = "refund_refused"
    topic = Topic.POLICIES
    words = "Devolución que el banco no aceptó"

    refund: Refund

    @property
    def subject(self) -> str:
        return f"Elija cómo recibir sus {money(self.refund.amount)}: el banco no pudo devolverlos"


@dataclass(frozen=True, kw_only=True)
class RefundToCollect(Mail):
    """It waits in cash at an agency, as its owner chose."""

    kind = "refund_to_collect"
    topic = Topic.POLICIES
    words = "Devolución en una agencia"

    refund: Refund
    agency: Agency

    @property
    def subject(self) -> str:
        return f"Recoja {money(self.refund.amount)} en {self.agency.name}"


@dataclass(frozen=True, kw_only=True)
class RefundToAccount(Mail):
    """The bank pays it to another account, as its owner chose: whoever did not choose it reads it here."""

    kind = "refund_to_account"
    topic = Topic.POLICIES
    words = "Devolución a otra cuenta"

    refund: Refund

    @property
    def subject(self) -> str:
        return f"Le devolvemos {money(self.refund.amount)} a su cuenta {self.refund.account}"


@dataclass(frozen=True, kw_only=True)
class RefundArrived(Mail):
    """The bank gave it back to the account."""

    kind = "refund_arrived"
    topic = Topic.POLICIES
    words = "Devolución en su cuenta"

    refund: Refund

    @property
    def subject(self) -> str:
        return f"Le devolvimos {money(self.refund.amount)} a su cuenta"


@dataclass(frozen=True, kw_only=True)
class RefundedTwice(Mail):
    """The same money reached its owner twice: nothing is asked of them before we call."""

    kind = "refunded_twice"
    topic = Topic.POLICIES
    words = "Devolución que salió dos veces"

    refund: Refund

    @property
    def subject(self) -> str:
        return f"Su devolución de {money(self.refund.amount)} salió dos veces: le llamaremos"
