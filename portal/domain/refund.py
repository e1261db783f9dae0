"""Money that goes back to the customer: its states."""

from enum import StrEnum


class RefundState(StrEnum):
    AWAITING_COLLECTION = "awaiting_collection"
    DONE = "done"
    VOID = "void"


REFUND_TRANSITIONS = {
    # Void: the receipt that it gives back was recorded by mistake, and reversed.
    RefundState.AWAITING_COLLECTION: frozenset({RefundState.DONE, RefundState.VOID}),
}

REFUND_NAMES = {
    RefundState.AWAITING_COLLECTION: "Por entregar",
    RefundState.DONE: "Entregada",
    RefundState.VOID: "Sin efecto",
}
