"""Money that goes back to the customer: by the bank to the account that was charged, or in cash at an agency."""

from portal.domain.states import State, Tone


class RefundState(State):
    CREATED = "created", "Por enviar al banco", Tone.INFO
    PROCESSING = "processing", "En proceso", Tone.INFO
    UNKNOWN = "unknown", "Por confirmar", Tone.INFO
    IN_REVIEW = "in_review", "En revisión", Tone.INFO
    REFUSED = "refused", "No aceptada", Tone.BAD
    AWAITING_COLLECTION = "awaiting_collection", "Por entregar", Tone.INFO
    DONE = "done", "Entregada", Tone.OK
    VOID = "void", "Sin efecto"


REFUND_TRANSITIONS = {
    RefundState.CREATED: frozenset({RefundState.PROCESSING}),
    RefundState.PROCESSING: frozenset({RefundState.DONE, RefundState.REFUSED, RefundState.UNKNOWN}),
    RefundState.UNKNOWN: frozenset({RefundState.DONE, RefundState.REFUSED, RefundState.IN_REVIEW}),
    RefundState.IN_REVIEW: frozenset({RefundState.DONE, RefundState.REFUSED}),
    # The bank's later word: it made the refund after all.
    RefundState.REFUSED: frozenset({RefundState.DONE}),
    # Void: the receipt that it gives back was recorded by mistake, and reversed; or the bank made the refund after all
    # in whose place it was to be collected.
    RefundState.AWAITING_COLLECTION: frozenset({RefundState.DONE, RefundState.VOID}),
}

# Nothing of these counts against what a charge can still give back.
GAVE_NOTHING = (RefundState.REFUSED, RefundState.VOID)
