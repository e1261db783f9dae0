"""The log of a policy, told to its holder in plain words from the audit chain (B18)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, SelectBase, func, select, union_all

from portal.domain import formats
from portal.domain.actor import Actor
from portal.domain.evidence import EVIDENCE_NAMES, EvidenceKind
from portal.domain.message import MessageState
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import AuditEntry, CashReceipt, Message, Payment, Policy, Purchase, Quote, Refund
from portal.services.messaging.mails.sale import PolicySent

YOU, PORTAL, STAFF = "Usted", "El portal", "Personal de MASSIV"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, when, and by whom (YOU, PORTAL or STAFF)."""

    at: datetime
    words: str
    who: str


def _amount(details: dict[str, Any]) -> str:
    return formats.money(Decimal(details["amount"]))


def _evidence(entry: AuditEntry) -> str:
    return EVIDENCE_NAMES[EvidenceKind(entry.details["kind"])].lower()


def _bought(entry: AuditEntry) -> str:
    number = entry.details.get("endorsement")
    return f"plan cambiado, endoso {number}" if number else "póliza emitida"


_CONFIRMED = "Beneficiarios confirmados"

# Each action of the audit that concerns one policy, as its holder reads it. `None`: a part of another one, not told.
WORDS: dict[str, str | Callable[[AuditEntry], str | None] | None] = {
    "quote.accept": lambda entry: f"Cotización {entry.subject} aceptada",
    "quote.mail": "Cotización enviada por correo",
    "purchase.start": "Compra iniciada, con las condiciones aceptadas",
    "purchase.renew": lambda entry: (
        f"Renovación de la póliza {entry.details['policy']} iniciada, con las condiciones aceptadas"
    ),
    "purchase.account_validated": "Cuenta reconocida por el banco",
    "purchase.agency_chosen": "Agencia de pago elegida",
    "purchase.beneficiaries": _CONFIRMED,
    "purchase.beneficiary_put": lambda entry: _CONFIRMED if entry.details.get("finished") else None,
    "purchase.beneficiary_removed": None,
    "purchase.shares_equal": None,
    "purchase.code_sent": "Código de verificación enviado a su correo",
    "purchase.code_verified": "Compra verificada con el código",
    "payment.request": lambda entry: f"Solicitud de pago {entry.subject} por {_amount(entry.details)}",
    "payment.process": lambda entry: f"Pago de {_amount(entry.details)} enviado al banco",
    "payment.approved": lambda entry: f"Pago de {_amount(entry.details)} confirmado y {_bought(entry)}",
    "payment.approved_after_the_end": "El banco informó un cobro fuera de plazo: lo estamos revisando",
    "payment.given_back": None,
    "payment.declined": "El banco no aprobó el pago. No se descontó nada",
    "payment.not_sent": "El pago no llegó al banco. No se cobró nada",
    "payment.unknown": "El banco no respondió a tiempo: empezamos a confirmar el pago",
    "payment.in_review": "Empezamos a confirmar el pago con el banco, persona a persona",
    "payment.expired": "La solicitud de pago en agencia venció",
    "payment.mail": "Solicitud de pago enviada otra vez por correo",
    "payment_review.propose": None,
    "payment_review.accept": "Terminamos de confirmar el pago con el banco",
    "payment_review.reject": None,
    "late_charge.propose": None,
    "late_charge.accept": "El banco le devolvió el cobro que hizo fuera de plazo",
    "late_charge.reject": None,
    "cash.receive": lambda entry: (
        f"Pago de {_amount(entry.details)} en agencia, recibo {entry.subject}: {_bought(entry)}"
    ),
    "cash.receive_to_return": lambda entry: (
        f"Dinero recibido por una solicitud que ya no valía: {_amount(entry.details)}"
    ),
    "cash.reverse": lambda entry: f"Recibo {entry.subject} anulado",
    "refund.send": lambda entry: f"Devolución de {_amount(entry.details)} enviada al banco",
    "refund.done": lambda entry: f"El banco le devolvió {_amount(entry.details)} a su cuenta",
    "refund.refused": "El banco no aceptó la devolución",
    "refund.unknown": "El banco no respondió a tiempo: empezamos a confirmar la devolución",
    "refund.in_review": "Empezamos a confirmar la devolución con el banco, persona a persona",
    "refund.done_after_the_end": None,
    "refund_review.propose": None,
    "refunded_twice.propose": None,
    "refunded_twice.accept": None,
    "refunded_twice.reject": None,
    "plan_change.begin": "Cambio de plan empezado",
    "plan_change.leave": "Cambio de plan retirado, sin cobrar nada",
    "plan_change.code_sent": "Código para cambiar de plan enviado a su correo",
    "plan_change.code_verified": None,
    "plan_change.done": lambda entry: (
        f"Plan cambiado, endoso {entry.details['endorsement']}, con devolución de "
        f"{formats.money(Decimal(entry.details['refund']))}"
    ),
    "policy.downloaded": "PDF de la póliza descargado",
    "policy.end.code_sent": "Código para desvincular la póliza enviado a su correo",
    "policy.end.code_verified": None,
    "policy.beneficiaries.code_sent": "Código para cambiar los beneficiarios enviado a su correo",
    "policy.beneficiaries.code_verified": None,
    "policy.beneficiaries": lambda entry: f"Beneficiarios cambiados: endoso {entry.details['endorsement']}",
    "policy.end": lambda entry: (
        f"Póliza desvinculada, con devolución de {formats.money(Decimal(entry.details['refund']))}"
    ),
    "refund.choose": None,
    "refund.open": lambda entry: f"Devolución de {_amount(entry.details)} por recoger en una agencia",
    "policy.end_unbegun": "Falleció la persona asegurada y la póliza no llegó a proteger",
    "policy.end_paid": "Pagamos el siniestro y la póliza terminó",
    "refund_review.accept": "Terminamos de confirmar la devolución con el banco",
    "refund_review.reject": None,
    "refund.heir": None,
    "refund.hand_over": None,
    "refund.confirm": lambda entry: f"Le devolvimos {_amount(entry.details)} en efectivo",
    "refund.reject": None,
    "message.redirect": "Correo enviado otra vez, a la dirección que usted indicó",
    "policy.correct": lambda entry: (
        f"Sus datos se corrigieron, con su documento a la vista: endoso {entry.details['endorsement']}"
    ),
    "policy.mail": "Póliza enviada otra vez por correo",
    "evidence.accept": lambda entry: f"Evidencia aceptada: {_evidence(entry)}",
    "evidence.ask_again": lambda entry: f"Evidencia pedida otra vez: {_evidence(entry)}",
    "evidence.receive": lambda entry: (
        f"Evidencia enviada: {EVIDENCE_NAMES[EvidenceKind(entry.details['kind'])].lower()}"
    ),
    "policy.contracting_file": lambda entry: (
        f"Expediente de contratación, edición {entry.details['edition']}, preparado"
    ),
}

_MAIL_WORDS = {
    MessageState.SENT: "Póliza enviada a su correo",
    MessageState.FAILED: "La póliza no llegó a su correo",
}


def of_policy(policy: Policy, actor: Actor) -> list[Event]:
    """What happened to the actor's own policy, from its quote on, the newest first: one query."""
    first_mail = select(func.min(Message.id)).where(Message.policy_id == policy.id, Message.kind == PolicySent.kind)
    rows = db.session.execute(
        select(AuditEntry, Message.state, Message.sent_at, Message.queued_at)
        .outerjoin(Message, Message.id == first_mail.scalar_subquery())
        .where(AuditEntry.subject.in_(subjects(policy)))
        .order_by(AuditEntry.id.desc())
    ).all()
    told = [event for row in rows if (event := _event(row.AuditEntry, actor)) is not None]
    mailed = [_first_mail(rows[0], told)] if rows and rows[0].state else []
    return sorted([*mailed, *told], key=lambda event: event.at, reverse=True)


def _first_mail(mail: Any, told: Sequence[Event]) -> Event:
    """How the mail that carried the policy when it was issued fared, since that is no command of the audit. One that
    was not sent stands right after the command that queued it."""
    at = mail.sent_at or min((event.at for event in told if event.at >= mail.queued_at), default=mail.queued_at)
    return Event(at, _MAIL_WORDS.get(mail.state, "Póliza en camino a su correo"), PORTAL)


def subjects(policy: Policy) -> Select[tuple[str]]:
    """The numbers that the policy's story is told under: its purchase's, and those of its changes of plan."""
    bought = purchases_of(policy)
    of_purchase = Payment.purchase_id.in_(bought)
    numbers = union_all(
        select(Policy.number).where(Policy.id == policy.id),
        select(Quote.number).join(Purchase, Purchase.quote_id == Quote.id).where(Purchase.id.in_(bought)),
        select(Payment.number).where(of_purchase),
        select(CashReceipt.number).join(Payment).where(of_purchase),
        select(Refund.number).join(Payment).where(of_purchase),
    ).subquery()
    return select(numbers.c.number)


def purchases_of(policy: Policy) -> SelectBase:
    """The keys of the purchases that are the policy's: its own, and those of its changes of plan."""
    own = select(Purchase.id).where(Purchase.id == policy.purchase_id)
    changes = select(Purchase.id).join(Purchase.quote).where(Quote.policy_id == policy.id)
    return own.union_all(changes.where(Quote.purpose == QuotePurpose.PLAN_CHANGE))


def words_of(entry: AuditEntry) -> str | None:
    """What a row of the audit says to a policy's holder; None for one that is a part of another."""
    words = WORDS.get(entry.action)
    return words(entry) if callable(words) else words


def _event(entry: AuditEntry, actor: Actor) -> Event | None:
    text = words_of(entry)
    return None if text is None else Event(entry.at, text, _who(entry, actor))


def _who(entry: AuditEntry, actor: Actor) -> str:
    if entry.actor_id is None:
        return PORTAL
    return YOU if entry.actor_id == actor.account_id else STAFF
