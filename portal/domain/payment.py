"""A payment, by account charge or in cash: its states, and what each refusal means in plain words."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.domain.purchase import PaymentMethod
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


def has_run_out(month: int, year: int, on: date) -> bool:
    """Whether a card of that expiry is good no more: it is until the last day of its month."""
    return (year, month) < (on.year, on.month)


class FirstStep(StrEnum):
    """What leads on after a refusal; the others stay beside it."""

    OTHER_CARD = "other_card"
    CASH = "cash"
    AGAIN = "again"

    @property
    def label(self) -> str:
        """What its button says."""
        return _STEP_LABELS[self]

    @property
    def method(self) -> PaymentMethod | None:
        """What it chooses in "Forma de pago"; None where the same request is tried again."""
        return {FirstStep.OTHER_CARD: PaymentMethod.ACCOUNT, FirstStep.CASH: PaymentMethod.CASH}.get(self)


_STEP_LABELS = {
    FirstStep.OTHER_CARD: "Cambiar de tarjeta",
    FirstStep.CASH: "Pagar en efectivo",
    FirstStep.AGAIN: "Procesar Pago",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a refusal means: why, as the end of a sentence, what to do about it, and the step that leads there."""

    why: str
    advice: str
    first: FirstStep


_REFUSALS = {
    "insufficient_funds": Refusal(
        "saldo insuficiente",
        "Pague en efectivo en una agencia, o abone a su cuenta e intente más tarde.",
        FirstStep.CASH,
    ),
    "account_blocked": Refusal(
        "la cuenta está bloqueada", "Use otra tarjeta, o llame a su banco para desbloquearla.", FirstStep.OTHER_CARD
    ),
    "card_expired": Refusal("la tarjeta está vencida", "Use otra tarjeta.", FirstStep.OTHER_CARD),
    "limit_exceeded": Refusal(
        "el monto supera el límite de su cuenta",
        "Use otra tarjeta, o pida a su banco que suba el límite.",
        FirstStep.OTHER_CARD,
    ),
    "suspected_fraud": Refusal(
        "su banco quiere confirmar antes que es usted",
        "Use otra tarjeta, o llame a su banco, dígale que la compra es suya e intente más tarde.",
        FirstStep.OTHER_CARD,  # the same charge sent again at once is what such a rule of the bank counts
    ),
    "not_charged": Refusal(
        "nos confirmó que no hizo el cargo", "Intente otra vez, o use otra tarjeta.", FirstStep.AGAIN
    ),
}
_UNSAID = Refusal("", "Use otra tarjeta, o llame a su banco y pregunte el motivo.", FirstStep.OTHER_CARD)


def refusal(code: str | None) -> Refusal:
    """What the bank's code means. One that we don't know is as one that it didn't say."""
    return _REFUSALS.get(code or "", _UNSAID)


def decline_reason(code: str | None, bank: str, last4: str) -> str:
    """The bank's refusal of that card as one plain sentence. An unknown code gets honest words, never the code."""
    why = refusal(code).why
    told = f": {why}" if why else " y no dijo el motivo"
    return f"Su banco no aprobó el pago con la tarjeta terminada en {last4} ({bank}){told}. No se descontó nada."
