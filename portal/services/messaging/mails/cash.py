"""Mails about cash: the slip to pay with, the receipt of the counter, and money that is given back there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.domain.agencies import Agency
from portal.domain.catalogue import Plan, Product
from portal.domain.formats import in_threes, moment, money
from portal.domain.message import Topic
from portal.models import CashReceipt, Payment, Person, Policy, Refund
from portal.services.messaging.mails.authorisation import AuthorisationCode, Fact
from portal.services.messaging.mails.mail import Mail


@dataclass(frozen=True)
class SlipMail(Mail):
    """What all mails about a slip tell of."""

    topic = Topic.PURCHASES
    keeps_order = True

    payment: Payment
    agency: Agency
    product: Product
    plan: Plan

    @property
    def code(self) -> str:
        """The slip's code, as it is said at the counter."""
        return in_threes(self.payment.slip_code or "")

    @property
    def until(self) -> str:
        """The last moment to pay."""
        return moment(self.payment.due_at) if self.payment.due_at else ""


@dataclass(frozen=True)
class PaymentSlip(SlipMail):
    """A slip, with its PDF. `old_code`: the one that it replaces, which no longer works."""

    kind = "payment_slip"
    words = "Solicitud de pago en agencia"

    old_code: str | None

    @property
    def expires_at(self) -> datetime | None:
        """The last moment to pay."""
        return self.payment.due_at

    @property
    def ends(self) -> Collection[str]:
        """The slip that it replaces."""
        return ASKS_TO_PAY if self.old_code else ()

    @property
    def subject(self) -> str:
        return f"Pague {money(self.payment.amount)} hasta el {self.until}: código {self.code}"


@dataclass(frozen=True)
class SlipReminder(SlipMail):
    """Its deadline is a day away."""

    kind = "slip_reminder"
    words = "Recordatorio de pago"

    @property
    def expires_at(self) -> datetime | None:
        """The last moment to pay."""
        return self.payment.due_at

    @property
    def subject(self) -> str:
        return f"Le queda hasta el {self.until} para pagar {money(self.payment.amount)} en {self.agency.name}"


@dataclass(frozen=True)
class SlipCancelled(SlipMail):
    """Its purchase was edited. `is_over`: what it was for can't be had any more."""

    kind = "slip_cancelled"
    words = "Código de pago cancelado"

    is_over: bool

    @property
    def ends(self) -> Collection[str]:
        """Nobody must pay with it."""
        return ASKS_TO_PAY

    @property
    def subject(self) -> str:
        return f"Cancelamos su código de pago {self.code}: no pague con él"


@dataclass(frozen=True)
class SlipExpired(SlipMail):
    """Its deadline passed. `can_choose`: its quote is still valid, so that the purchase can be paid otherwise."""

    kind = "slip_expired"
    words = "Código de pago vencido"

    can_choose: bool

    @property
    def ends(self) -> Collection[str]:
        """Nobody must pay with it."""
        return ASKS_TO_PAY

    @property
    def subject(self) -> str:
        return f"Venció su código de pago {self.code}: ya no pague con él"


@dataclass(frozen=True, kw_only=True)
class PaymentReceipt(Mail):
    """A receipt that issued a policy, with its PDF. `agency` took the money; `chosen` is the one that the slip named,
    if that was another."""

    kind = "payment_receipt"
    topic = Topic.PURCHASES
    words = "Pago en agencia recibido"

    receipt: CashReceipt
    policy: Policy
    product: Product
    plan: Plan
    agency: Agency
    chosen: Agency | None

    @property
    def subject(self) -> str:
        return f"Recibimos {money(self.receipt.amount)} en efectivo: recibo {self.receipt.number}"

    @property
    def ends(self) -> Collection[str]:
        """It is paid."""
        return ASKS_TO_PAY


@dataclass(frozen=True, kw_only=True)
class RefundOpened(Mail):
    """Money that bought nothing can be collected; the receipt's PDF goes with it. `why_not` follows "porque"."""

    kind = "refund_opened"
    topic = Topic.PURCHASES
    words = "Devolución por recoger"

    refund: Refund
    receipt: CashReceipt
    agency: Agency
    holder: Person
    why_not: str

    @property
    def subject(self) -> str:
        return f"Tiene {money(self.receipt.amount)} por recoger en {self.agency.name}"


@dataclass(frozen=True, kw_only=True)
class RefundCode(AuthorisationCode):
    """The code that its owner says at the counter, to be given the money."""

    kind = "refund_code"
    topic = Topic.PURCHASES
    words = "Código para recoger su dinero"

    refund: Refund
    agency: Agency

    @property
    def subject(self) -> str:
        return f"es su código para recoger {money(self.refund.amount)} en {self.agency.name}"

    @property
    def facts(self) -> Sequence[Fact]:
        return (
            Fact("Operación", "Entrega de dinero en efectivo", f"Devolución {self.refund.number}"),
            Fact("Dónde", self.agency.name, self.agency.place),
            Fact("Monto", money(self.refund.amount)),
        )


@dataclass(frozen=True, kw_only=True)
class RefundPaid(Mail):
    """The money was handed over."""

    kind = "refund_paid"
    topic = Topic.PURCHASES
    words = "Devolución entregada"

    refund: Refund
    agency: Agency

    @property
    def subject(self) -> str:
        return f"Le devolvimos {money(self.refund.amount)} en efectivo: {self.refund.number}"

    @property
    def ends(self) -> Collection[str]:
        """There is nothing to collect any more."""
        return (RefundOpened.kind,)


@dataclass(frozen=True, kw_only=True)
class RefundVoid(Mail):
    """Its receipt was reversed: there is nothing to collect. `mistake`: why it was reversed."""

    kind = "refund_void"
    topic = Topic.PURCHASES
    words = "Devolución sin efecto"

    refund: Refund
    receipt: CashReceipt
    agency: Agency
    holder: Person
    mistake: str

    @property
    def subject(self) -> str:
        return f"Sin efecto: la devolución {self.refund.number} fue un error nuestro"

    @property
    def ends(self) -> Collection[str]:
        """There is nothing to collect."""
        return (RefundOpened.kind,)


ASKS_TO_PAY = (PaymentSlip.kind, SlipReminder.kind)
