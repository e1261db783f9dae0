"""The queue in business words (B20): what waits, and why something could not be done. Never a code, never a name of
an exception."""

from datetime import timedelta
from enum import StrEnum

from portal.domain.message import UNDELIVERED_NAMES, why_undelivered

# Younger than this is on its way, not waiting.
USUAL = timedelta(minutes=2)


class Waits(StrEnum):
    """What can wait, most pressing first."""

    LATE_CHARGES = "late_charges"
    REVIEWS = "reviews"
    CONFIRMING = "confirming"
    POLICIES = "policies"
    LOST_MAILS = "lost_mails"
    LATE_MAILS = "late_mails"
    LOST_DOCUMENTS = "lost_documents"
    LATE_DOCUMENTS = "late_documents"


# One, many.
_NAMES = {
    Waits.LATE_CHARGES: ("cobro fuera de plazo por devolver", "cobros fuera de plazo por devolver"),
    Waits.REVIEWS: ("pago por confirmar", "pagos por confirmar"),
    Waits.CONFIRMING: ("pago que el banco no responde", "pagos que el banco no responde"),
    Waits.POLICIES: ("póliza sin enviar", "pólizas sin enviar"),
    Waits.LOST_MAILS: ("correo no entregado", "correos no entregados"),
    Waits.LATE_MAILS: ("correo demorado", "correos demorados"),
    Waits.LOST_DOCUMENTS: ("documento que no se pudo hacer", "documentos que no se pudieron hacer"),
    Waits.LATE_DOCUMENTS: ("documento demorado", "documentos demorados"),
}

# Each part of the background work: its name, that it stands still, and what that means.
PARTS = {
    "charges": ("El cargo a cuentas", "está detenido", "Los pagos esperan; nadie paga dos veces."),
    "documents": ("La preparación de documentos", "está detenida", "Las pólizas se emiten; sus PDF esperan."),
    "mail": ("El envío de correos", "está detenido", "Los correos esperan y saldrán cuando vuelva."),
    "schedule": ("La revisión periódica", "está detenida", "Nada se pierde, pero lo que falló no se reintenta."),
}
# Those with jobs of their own, in a module of workers/ that is called as they are.
QUEUES = tuple(part for part in PARTS if part != "schedule")

# What of a mail is for us to mend. The rest is told in the words that its receiver reads.
_OURS = (
    ("sender refused", "El servidor de correo no acepta nuestra dirección de envío."),
    ("its document", "No se pudo hacer el documento que lleva adjunto."),
)
_BY_QUEUE = {
    "documents": "No se pudo preparar el PDF en ningún intento.",
    "charges": "No se pudo completar con el banco en ningún intento.",
}


def noun(what: Waits, number: int) -> str:
    """ "pólizas sin enviar" after a 3, "pago por confirmar" after a 1."""
    one, many = _NAMES[what]
    return one if number == 1 else many


def why(queue: str, reason: str | None) -> str:
    """Why a job of `queue` ended without success, from the reason that its row keeps."""
    for beginning, words in _OURS:
        if (reason or "").startswith(beginning):
            return words
    if queue == "mail":
        return UNDELIVERED_NAMES[why_undelivered(reason)]
    return _BY_QUEUE.get(queue, "No se pudo hacer en ningún intento, por un defecto nuestro.")
