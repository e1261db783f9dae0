"""The queue in business words (B20): what waits."""

from datetime import timedelta
from enum import StrEnum

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


def noun(what: Waits, number: int) -> str:
    """ "pólizas sin enviar" after a 3, "pago por confirmar" after a 1."""
    one, many = _NAMES[what]
    return one if number == 1 else many
