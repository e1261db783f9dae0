"""Money that is paid to a person, by the bank or in cash at an agency: its states. Source: docs/rules.md, States."""

from portal.domain.states import State, Tone


class PayoutState(State):
    CREATED = "created", "Por pagar", Tone.INFO
    PROCESSING = "processing", "En proceso", Tone.INFO
    DONE = "done", "Pagado", Tone.OK
    UNKNOWN = "unknown", "Por confirmar", Tone.INFO
    IN_REVIEW = "in_review", "En revisión", Tone.INFO
    REFUSED = "refused", "No aceptado", Tone.BAD
    AWAITING_COLLECTION = "awaiting_collection", "Por cobrar en agencia", Tone.INFO
    EXPIRED = "expired", "Nadie lo cobró", Tone.WARN
    VOID = "void", "Sin efecto"


PAYOUT_TRANSITIONS = {
    PayoutState.CREATED: frozenset({PayoutState.PROCESSING}),
    PayoutState.PROCESSING: frozenset({PayoutState.DONE, PayoutState.REFUSED, PayoutState.UNKNOWN}),
    PayoutState.UNKNOWN: frozenset({PayoutState.DONE, PayoutState.REFUSED, PayoutState.IN_REVIEW}),
    PayoutState.IN_REVIEW: frozenset({PayoutState.DONE, PayoutState.REFUSED}),
    # The bank's later word: it made the payment after all.
    PayoutState.REFUSED: frozenset({PayoutState.DONE}),
    # Void: the person chose another way before collecting it.
    PayoutState.AWAITING_COLLECTION: frozenset({PayoutState.DONE, PayoutState.EXPIRED, PayoutState.VOID}),
}

# Nothing moved, nor will: the same money is given by another row.
PAID_NOTHING = (PayoutState.REFUSED, PayoutState.EXPIRED, PayoutState.VOID)

_REASONS = {
    "account_closed": "El banco dice que esa cuenta está cerrada.",
    "account_not_found": "El banco no encontró esa cuenta.",
    "name_mismatch": "El banco dice que esa cuenta es de otra persona.",
    "limit_exceeded": "El banco dice que esa cuenta no puede recibir ese monto.",
}


def refusal_words(reason: str | None) -> str:
    """Why the bank did not take it, as a sentence for the person."""
    return _REASONS.get(reason or "", "El banco no aceptó el pago.")
