"""A quote's states. Whether it has run out is computed from its date, and whether it is being bought from its purchase:
neither is stored."""

from datetime import datetime
from enum import StrEnum

from portal.domain.states import State, Tone


class QuoteState(State):
    VALID = "valid", "Vigente", Tone.OK
    BUYING = "buying", "En compra", Tone.INFO
    BOUGHT = "bought", "Comprada"
    EXPIRED = "expired", "Vencida"


class QuotePurpose(StrEnum):
    """What is bought by it: a policy of its own, another plan of a policy, or the year that follows one."""

    PURCHASE = "purchase"
    PLAN_CHANGE = "plan_change"
    RENEWAL = "renewal"


QUOTE_TRANSITIONS = {QuoteState.VALID: frozenset({QuoteState.BOUGHT})}

# What a list can be narrowed to, by its word in the address, with the words for many.
QUOTE_FILTERS = {
    "vigente": (QuoteState.VALID, "Vigentes"),
    "en-compra": (QuoteState.BUYING, "En compra"),
    "comprada": (QuoteState.BOUGHT, "Compradas"),
    "vencida": (QuoteState.EXPIRED, "Vencidas"),
}


def state_on(stored: QuoteState, valid_until: datetime, moment: datetime) -> QuoteState:
    """The state at `moment` by the quote's date alone: a valid quote past it has expired."""
    return QuoteState.EXPIRED if stored is QuoteState.VALID and moment > valid_until else stored
