"""A quote's states. Whether it has run out is computed from its date, never stored."""

from datetime import datetime
from enum import StrEnum


class QuoteState(StrEnum):
    VALID = "vigente"
    BOUGHT = "comprada"
    EXPIRED = "vencida"
    ANNULLED = "anulada"


class QuoteStanding(StrEnum):
    """What a quote is to whoever reads the list: its state, or that it is being bought; as addresses say it."""

    VALID = "vigente"
    BUYING = "en-compra"
    BOUGHT = "comprada"
    EXPIRED = "vencida"
    ANNULLED = "anulada"


STANDING_WORDS = {
    QuoteStanding.VALID: "Vigente",
    QuoteStanding.BUYING: "En compra",
    QuoteStanding.BOUGHT: "Comprada",
    QuoteStanding.EXPIRED: "Vencida",
    QuoteStanding.ANNULLED: "Anulada",
}

# Many of them: what a list can be narrowed to.
STANDING_PLURALS = {
    QuoteStanding.VALID: "Vigentes",
    QuoteStanding.BUYING: "En compra",
    QuoteStanding.BOUGHT: "Compradas",
    QuoteStanding.EXPIRED: "Vencidas",
}

QUOTE_TRANSITIONS = {QuoteState.VALID: frozenset({QuoteState.BOUGHT, QuoteState.ANNULLED})}


def state_on(stored: QuoteState, valid_until: datetime, moment: datetime) -> QuoteState:
    """The state a person sees at `moment`: a valid quote past its date has expired."""
    return QuoteState.EXPIRED if stored is QuoteState.VALID and moment > valid_until else stored
