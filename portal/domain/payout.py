"""Money that is paid to a person by the bank: its states. Source: docs/rules.md, States."""

from enum import StrEnum


class PayoutState(StrEnum):
    CREATED = "created"
    PROCESSING = "processing"
    DONE = "done"
    UNKNOWN = "unknown"
    IN_REVIEW = "in_review"
    REFUSED = "refused"


PAYOUT_TRANSITIONS = {
    PayoutState.CREATED: frozenset({PayoutState.PROCESSING}),
    PayoutState.PROCESSING: frozenset({PayoutState.DONE, PayoutState.REFUSED, PayoutState.UNKNOWN}),
    PayoutState.UNKNOWN: frozenset({PayoutState.DONE, PayoutState.REFUSED, PayoutState.IN_REVIEW}),
    PayoutState.IN_REVIEW: frozenset({PayoutState.DONE, PayoutState.REFUSED}),
}

PAYOUT_NAMES = {
    PayoutState.CREATED: "Por pagar",
    PayoutState.PROCESSING: "En proceso",
    PayoutState.DONE: "Pagado",
    PayoutState.UNKNOWN: "Por confirmar",
    PayoutState.IN_REVIEW: "En revisión",
    PayoutState.REFUSED: "No aceptado",
}
