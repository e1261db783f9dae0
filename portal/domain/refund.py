"""Money that goes back to the customer: its states."""

from enum import StrEnum


class RefundState(StrEnum):
    AWAITING_COLLECTION = "awaiting_collection"
    DONE = "done"


REFUND_TRANSITIONS = {
    RefundState.AWAITING_COLLECTION: frozenset({RefundState.DONE}),
}

REFUND_NAMES = {
    RefundState.AWAITING_COLLECTION: "Por entregar",
    RefundState.DONE: "Entregada",
}
