"""A receipt of cash: when it can still be reversed, and for which mistakes. Source: docs/rules.md, Cash."""

from datetime import datetime
from enum import StrEnum

from portal.domain.clock import lima


class ReversalReason(StrEnum):
    OTHER_SLIP = "otra_orden"
    NO_MONEY = "sin_dinero"
    WRONG_AMOUNT = "otro_monto"
    OTHER = "otro"


REVERSAL_NAMES = {
    ReversalReason.OTHER_SLIP: "Se registró en la solicitud de otra persona",
    ReversalReason.NO_MONEY: "No se recibió el dinero",
    ReversalReason.WRONG_AMOUNT: "Se recibió otro monto",
    ReversalReason.OTHER: "Otro error del registro",
}


def can_be_reversed(received_at: datetime, moment: datetime) -> bool:
    """Whether `moment` is still the day (Lima) on which the money was received."""
    return lima(received_at).date() == lima(moment).date()
