"""Money that goes back to the customer: by the bank to the account that was charged, or in cash at an agency."""

from enum import StrEnum


class RefundState(StrEnum):
    CREATED = "created"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    IN_REVIEW = "in_review"
    REFUSED = "refused"
    AWAITING_COLLECTION = "awaiting_collection"
    DONE = "done"
    VOID = "void"


REFUND_TRANSITIONS = {
    RefundState.CREATED: frozenset({RefundState.PROCESSING}),
    RefundState.PROCESSING: frozenset({RefundState.DONE, RefundState.REFUSED, RefundState.UNKNOWN}),
    RefundState.UNKNOWN: frozenset({RefundState.DONE, RefundState.REFUSED, RefundState.IN_REVIEW}),
    RefundState.IN_REVIEW: frozenset({RefundState.DONE, RefundState.REFUSED}),
    # Void: the receipt that it gives back was recorded by mistake, and reversed.
    RefundState.AWAITING_COLLECTION: frozenset({RefundState.DONE, RefundState.VOID}),
}

# Nothing of these counts against what a charge can still give back.
GAVE_NOTHING = (RefundState.REFUSED, RefundState.VOID)

REFUND_NAMES = {
    RefundState.CREATED: "Por enviar al banco",
    RefundState.PROCESSING: "En proceso",
    RefundState.UNKNOWN: "Por confirmar",
    RefundState.IN_REVIEW: "En revisión",
    RefundState.REFUSED: "No aceptada",
    RefundState.AWAITING_COLLECTION: "Por entregar",
    RefundState.DONE: "Entregada",
    RefundState.VOID: "Sin efecto",
}
