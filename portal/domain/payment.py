"""A payment, by account charge or in cash: its states, and what each refusal means in plain words."""

from datetime import timedelta

from portal.domain.states import State, Tone


class PaymentState(State):
    CREATED = "created", "Por pagar", Tone.INFO
    PROCESSING = "processing", "En proceso", Tone.INFO
    APPROVED = "approved", "Pagado", Tone.OK
    DECLINED = "declined", "No aprobado", Tone.BAD
    NOT_SENT = "not_sent", "No se cobró"
    UNKNOWN = "unknown", "Por confirmar", Tone.INFO
    IN_REVIEW = "in_review", "En revisión", Tone.INFO
    AWAITING_CASH = "awaiting_cash", "Por pagar en agencia", Tone.INFO
    EXPIRED = "expired", "Vencido"
    CANCELLED = "cancelled", "Cancelado"


PAYMENT_TRANSITIONS = {
    PaymentState.CREATED: frozenset({PaymentState.PROCESSING, PaymentState.NOT_SENT}),
    PaymentState.PROCESSING: frozenset(
        {PaymentState.APPROVED, PaymentState.DECLINED, PaymentState.NOT_SENT, PaymentState.UNKNOWN}
    ),
    PaymentState.UNKNOWN: frozenset(
        {PaymentState.APPROVED, PaymentState.DECLINED, PaymentState.NOT_SENT, PaymentState.IN_REVIEW}
    ),
    PaymentState.IN_REVIEW: frozenset({PaymentState.APPROVED, PaymentState.DECLINED}),
    PaymentState.AWAITING_CASH: frozenset({PaymentState.APPROVED, PaymentState.EXPIRED, PaymentState.CANCELLED}),
}

# One payment per purchase may be in any of these: the schema's partial unique index uses the same list.
LIVE_STATES = (
    PaymentState.CREATED,
    PaymentState.PROCESSING,
    PaymentState.UNKNOWN,
    PaymentState.IN_REVIEW,
    PaymentState.APPROVED,
    PaymentState.AWAITING_CASH,
)

# Live, and the customer can still change every answer: nothing has left their hands.
WAITING_STATES = (PaymentState.CREATED, PaymentState.AWAITING_CASH)

# Live, and out of the customer's hands: it moves, or it has arrived.
COMMITTED_STATES = tuple(state for state in LIVE_STATES if state not in WAITING_STATES)

# The money may be on its way: nobody knows yet, or a worker is at it.
MOVING_STATES = (PaymentState.PROCESSING, PaymentState.UNKNOWN, PaymentState.IN_REVIEW)

# A policy may come of it: it counts towards how many the insured may have. A slip is paid without asking us first.
PROMISED_STATES = (*MOVING_STATES, PaymentState.AWAITING_CASH)

# Ended, and no money had moved as far as anybody knew: a charge that the bank tells of afterwards is given back.
UNCHARGED_STATES = (PaymentState.DECLINED, PaymentState.NOT_SENT)

# Ended without an answer of the bank: the request no longer stands, and its terms are accepted anew.
WITHDRAWN_STATES = (PaymentState.NOT_SENT, PaymentState.EXPIRED, PaymentState.CANCELLED)

# Why people review a payment that the bank approved: our own policy could not be issued.
NOT_ISSUED = "not_issued"

# Why an approved payment bought nothing: its insured had all the policies that one may have, which others hold. The
# money goes back, and whoever paid is not told of anybody's policies.
NOT_SOLD = "not_sold"

# How long people may take to find out, once the bank left the portal's questions open for a day: with a weekend and a
# holiday in it. The customer reads this date. A promise of the house, invented until the owner confirms it.
REVIEW_TIME = timedelta(days=5)

_DECLINES = {
    "insufficient_funds": "saldo insuficiente",
    "account_blocked": "la cuenta está bloqueada",
    "card_expired": "la tarjeta está vencida",
    "limit_exceeded": "el monto supera el límite de su cuenta",
    "suspected_fraud": "su banco quiere confirmar antes que es usted",
    "not_charged": "nos confirmó que no hizo el cargo",
}

_ADVICE = {
    "insufficient_funds": "Abone a su cuenta e intente otra vez, o use otra tarjeta.",
    "account_blocked": "Llame a su banco para desbloquearla, o use otra tarjeta.",
    "card_expired": "Use otra tarjeta.",
    "limit_exceeded": "Pida a su banco que suba el límite, o use otra tarjeta.",
    "suspected_fraud": "Llame a su banco y dígale que la compra es suya; luego intente otra vez.",
}


def decline_reason(code: str | None) -> str:
    """The bank's refusal as one plain sentence. An unknown code gets honest words, never the code."""
    reason = _DECLINES.get(code or "")
    if reason is None:
        return "Su banco no aprobó el pago y no dijo el motivo. No se descontó nada."
    return f"Su banco no aprobó el pago: {reason}. No se descontó nada."


def decline_advice(code: str | None) -> str:
    """What to do about a refusal."""
    return _ADVICE.get(code or "", "Intente otra vez, use otra tarjeta o llame a su banco.")
