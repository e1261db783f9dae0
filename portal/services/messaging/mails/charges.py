"""Mails about a charge to an account."""

from dataclasses import dataclass

from portal.domain.catalogue import Plan, Product
from portal.domain.formats import money
from portal.domain.message import Topic
from portal.domain.payment import Refusal
from portal.models import Payment
from portal.services.messaging.mails.mail import Mail


@dataclass(frozen=True)
class ChargeMail(Mail):
    """What all of them tell of."""

    topic = Topic.PURCHASES

    payment: Payment
    product: Product
    plan: Plan


@dataclass(frozen=True)
class PaymentConfirming(ChargeMail):
    """The bank has not said yet whether it charged."""

    kind = "payment_confirming"
    words = "Pago por confirmar"

    @property
    def subject(self) -> str:
        return f"Estamos confirmando su pago {self.payment.number}: no pague otra vez"


@dataclass(frozen=True)
class PaymentInReview(ChargeMail):
    """A person finds out what became of the charge."""

    kind = "payment_in_review"
    words = "Pago en revisión"

    @property
    def subject(self) -> str:
        return f"Su pago {self.payment.number} lo revisa una persona: no pague otra vez"


@dataclass(frozen=True)
class PaymentNotSent(ChargeMail):
    """The charge never reached the bank."""

    kind = "payment_not_sent"
    words = "Cobro no realizado"

    @property
    def subject(self) -> str:
        return f"No se hizo el cobro {self.payment.number}: no se descontó nada"


@dataclass(frozen=True)
class PaymentRefused(ChargeMail):
    """The bank did not approve the charge: why, as a sentence, and what that asks for."""

    kind = "payment_refused"
    words = "Pago rechazado"

    reason: str
    refusal: Refusal

    @property
    def subject(self) -> str:
        return f"Su banco no aprobó el pago {self.payment.number}: no se descontó nada"


@dataclass(frozen=True)
class PaymentGivenBack(ChargeMail):
    """The bank charged and no policy could be sold: the money goes back. It says nothing of why."""

    kind = "payment_given_back"
    words = "Pago por devolver"

    @property
    def subject(self) -> str:
        purchase = self.payment.purchase
        not_done = "No cambiamos su plan" if purchase.changed_policy else "No emitimos su póliza"
        if purchase.quote.is_renewal:
            not_done = "No renovamos su póliza con este pago"
        return f"{not_done}: le devolvemos {money(self.payment.amount)}"


@dataclass(frozen=True)
class ChargeReturned(ChargeMail):
    """The bank gave back a charge that bought nothing. `reference`: the bank's number of the return."""

    kind = "charge_returned"
    words = "Cobro devuelto por su banco"

    reference: str

    @property
    def subject(self) -> str:
        return f"Su banco le devolvió {money(self.payment.amount)}: {self.payment.number}"
