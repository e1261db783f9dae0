"""Kinds of mail: what happened, in the words of its receiver's list (S35), and which things it belongs to."""

from dataclasses import dataclass
from enum import StrEnum


class Topic(StrEnum):
    """What a mail is about; the value stands in addresses."""

    QUOTES = "cotizaciones"
    PURCHASES = "compras-y-pagos"
    POLICIES = "polizas"
    ACCOUNT = "cuenta"


TOPIC_NAMES = {
    Topic.QUOTES: "Cotizaciones",
    Topic.PURCHASES: "Compras y pagos",
    Topic.POLICIES: "Pólizas",
    Topic.ACCOUNT: "Cuenta",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """`words` say what happened."""

    topic: Topic
    words: str


# One for each folder of templates/emails, by its name.
KINDS = {
    "account_code": Kind(Topic.ACCOUNT, "Código para abrir su cuenta"),
    "account_exists": Kind(Topic.ACCOUNT, "Aviso: usted ya tiene una cuenta"),
    "charge_returned": Kind(Topic.PURCHASES, "Cobro devuelto por su banco"),
    "credentials": Kind(Topic.ACCOUNT, "Usuario y contraseña inicial"),
    "email_changed": Kind(Topic.ACCOUNT, "Aviso: cambió el correo de su cuenta"),
    "email_code": Kind(Topic.ACCOUNT, "Código para cambiar su correo"),
    "email_confirmed": Kind(Topic.ACCOUNT, "Correo de su cuenta cambiado"),
    "message_redirected": Kind(Topic.ACCOUNT, "Correo enviado a otra dirección"),
    "new_device": Kind(Topic.ACCOUNT, "Ingreso desde un equipo nuevo"),
    "password_changed": Kind(Topic.ACCOUNT, "Contraseña cambiada"),
    "payment_confirming": Kind(Topic.PURCHASES, "Pago por confirmar"),
    "payment_in_review": Kind(Topic.PURCHASES, "Pago en revisión"),
    "payment_not_sent": Kind(Topic.PURCHASES, "Cobro no realizado"),
    "payment_receipt": Kind(Topic.PURCHASES, "Pago en agencia recibido"),
    "payment_refused": Kind(Topic.PURCHASES, "Pago rechazado"),
    "payment_slip": Kind(Topic.PURCHASES, "Solicitud de pago en agencia"),
    "policy": Kind(Topic.POLICIES, "Póliza enviada"),
    "policy_annulled": Kind(Topic.POLICIES, "Póliza anulada"),
    "purchase_code": Kind(Topic.PURCHASES, "Código para comprar"),
    "quote": Kind(Topic.QUOTES, "Cotización enviada"),
    "recovery": Kind(Topic.ACCOUNT, "Código para elegir otra contraseña"),
    "recovery_code_used": Kind(Topic.ACCOUNT, "Código de recuperación usado"),
    "recovery_codes_renewed": Kind(Topic.ACCOUNT, "Códigos de recuperación nuevos"),
    "refund_opened": Kind(Topic.PURCHASES, "Devolución por recoger"),
    "refund_paid": Kind(Topic.PURCHASES, "Devolución entregada"),
    "refund_void": Kind(Topic.PURCHASES, "Devolución sin efecto"),
    "second_step_enrolled": Kind(Topic.ACCOUNT, "Segundo paso activado"),
    "second_step_locked": Kind(Topic.ACCOUNT, "Aviso: segundo paso bloqueado"),
    "second_step_reset": Kind(Topic.ACCOUNT, "Segundo paso reiniciado"),
    "slip_cancelled": Kind(Topic.PURCHASES, "Código de pago cancelado"),
    "slip_expired": Kind(Topic.PURCHASES, "Código de pago vencido"),
    "slip_reminder": Kind(Topic.PURCHASES, "Recordatorio de pago"),
}


def kinds_of(topic: Topic) -> list[str]:
    """The kinds of mail that belong to a topic."""
    return [name for name, kind in KINDS.items() if kind.topic is topic]
