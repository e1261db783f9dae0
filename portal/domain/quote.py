"""A quote's states. Whether it has run out is computed from its date, never stored."""

from datetime import datetime
from enum import StrEnum


class QuoteState(StrEnum):
    VALID = "vigente"
    BOUGHT = "comprada"
    EXPIRED = "vencida"
    ANNULLED = "anulada"


QUOTE_TRANSITIONS = {QuoteState.VALID: frozenset({QuoteState.BOUGHT, QuoteState.ANNULLED})}


def state_on(stored: QuoteState, valid_until: datetime, moment: datetime) -> QuoteState:
    """The state a person sees at `moment`: a valid quote past its date has expired."""
    return QuoteState.EXPIRED if stored is QuoteState.VALID and moment > valid_until else stored
