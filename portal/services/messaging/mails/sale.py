"""Mails of a sale: the quote, the code that authorises it, the policy, and its cancellation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.domain import clock
from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.formats import day, money
from portal.domain.message import Topic
from portal.models import CashReceipt, Endorsement, Payment, Person, Policy, PolicyBeneficiary, Purchase, Quote
from portal.services.messaging.mails.authorisation import AuthorisationCode, Fact
from portal.services.messaging.mails.evidence import EvidenceAsked
from portal.services.messaging.mails.mail import Mail
from portal.services.messaging.mails.renewal import ASKS_TO_RENEW


@dataclass(frozen=True, kw_only=True)
class QuoteSent(Mail):
    """A quote, with its PDF (S13)."""

    kind = "quote"
    topic = Topic.QUOTES
    words = "Cotización enviada"

    quote: Quote
    product: Product
    plan: Plan

    @property
    def subject(self) -> str:
        return f"Su cotización {self.quote.number}: {self.product.short_name}, {self.plan.name}"

    @property
    def expires_at(self) -> datetime:
        """The quote's own end: until then it can be bought."""
        return self.quote.valid_until


@dataclass(frozen=True, kw_only=True)
class PurchaseCode(AuthorisationCode):
    """The code that authorises a purchase (S18)."""

    kind = "purchase_code"
    topic = Topic.PURCHASES
    words = "Código para comprar"

    purchase: Purchase
    product: Product
    plan: Plan

    @property
    def subject(self) -> str:
        if self.purchase.changed_policy:
            return f"es su código para pasar al {self.plan.name} (póliza {self.purchase.changed_policy})"
        bought = f"{self.product.short_name}, {self.plan.name}"
        verb = "renovar" if self.purchase.quote.is_renewal else "comprar"
        return f"es su código para {verb} {bought} ({self.purchase.quote.number})"

    @property
    def facts(self) -> Sequence[Fact]:
        quote = self.purchase.quote
        return (
            self._operation,
            Fact("Seguro", self.product.name),
            Fact("Plan", self.plan.name),
            Fact("Persona asegurada", quote.insured.full_name),
            Fact("Forma de pago", self.purchase.method_name or ""),
            Fact("Monto, con IGV", money(self.purchase.amount)),
            *self._start,
        )

    @property
    def _start(self) -> Sequence[Fact]:
        """Of a renewal, whose cover goes on without a gap only until a moment."""
        quote, now = self.purchase.quote, clock.now()
        if not quote.is_renewal:
            return ()
        waits = " y el período de espera empieza otra vez" if self.product.waiting else ""
        late = f"hay días sin protección{waits}"
        is_late = quote.gap_if_paid_at(now)
        detail = f"Si paga hoy: antes {late}" if is_late else f"Si paga después de esa hora, {late}"
        return (Fact("Empieza", f"{day(quote.starts_if_paid_at(now))}, al mediodía", detail),)

    @property
    def _operation(self) -> Fact:
        quote = self.purchase.quote
        if self.purchase.changed_policy:
            return Fact("Operación", "Cambio de plan", f"Póliza {self.purchase.changed_policy}")
        if quote.policy is not None:
            return Fact("Operación", f"Renovación de la póliza {quote.policy.number}", f"Cotización {quote.number}")
        return Fact("Operación", "Compra de un seguro", f"Cotización {quote.number}")


@dataclass(frozen=True, kw_only=True)
class PolicySent(Mail):
    """A policy, with its PDF (S25). `terms`, `beneficiaries`: those that it tells of."""

    kind = "policy"
    topic = Topic.POLICIES
    words = "Póliza enviada"

    policy: Policy
    terms: Endorsement
    beneficiaries: Sequence[PolicyBeneficiary]
    payment: Payment
    product: Product
    plan: Plan

    @property
    def subject(self) -> str:
        return f"Su póliza {self.policy.number}: {self.product.short_name}, {self.plan.name}"


@dataclass(frozen=True, kw_only=True)
class PolicyCancelled(Mail):
    """A policy that a reversed receipt had issued, with the PDF of its endorsement. `mistake`: why it was reversed."""

    kind = "policy_annulled"
    topic = Topic.POLICIES
    words = "Póliza anulada"

    policy: Policy
    endorsement: Endorsement
    receipt: CashReceipt
    product: Product
    plan: Plan
    agency: Agency
    holder: Person
    mistake: str

    @property
    def subject(self) -> str:
        return f"Anulamos su póliza {self.policy.number}: el cobro fue un error"

    @property
    def ends(self) -> Collection[str]:
        """Nobody is sent the policy any more, nor asked to prove that they bought it, or to renew it."""
        return (PolicySent.kind, EvidenceAsked.kind, *ASKS_TO_RENEW)
