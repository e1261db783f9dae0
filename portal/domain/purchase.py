"""The purchase: its states and how long its confirmations last."""

from datetime import datetime, timedelta
from enum import StrEnum

# Account validation (the bank's token) and the verified code are worth as long as the bank's contract says.
CONFIRMATION_LIFE = timedelta(minutes=30)


class PurchaseState(StrEnum):
    OPEN = "en curso"
    AWAITING_PAYMENT = "esperando pago"
    PAID = "pagada"
    ISSUED = "emitida"
    ABANDONED = "abandonada"
    EXPIRED = "vencida"


PURCHASE_TRANSITIONS = {
    PurchaseState.OPEN: frozenset({PurchaseState.AWAITING_PAYMENT, PurchaseState.ABANDONED, PurchaseState.EXPIRED}),
    # Back to open: a refusal, or money that was never sent, lets every answer be edited again.
    PurchaseState.AWAITING_PAYMENT: frozenset(
        {PurchaseState.PAID, PurchaseState.OPEN, PurchaseState.ABANDONED, PurchaseState.EXPIRED}
    ),
    PurchaseState.PAID: frozenset({PurchaseState.ISSUED}),
}


class PaymentMethod(StrEnum):
    ACCOUNT = "cuenta"
    CASH = "efectivo"


METHOD_NAMES = {PaymentMethod.ACCOUNT: "Cargo a Cuenta", PaymentMethod.CASH: "Pago en Efectivo"}


def confirmed_until(confirmed_at: datetime | None) -> datetime | None:
    """When a confirmation given at `confirmed_at` stops counting."""
    return None if confirmed_at is None else confirmed_at + CONFIRMATION_LIFE


def still_confirmed(confirmed_at: datetime | None, moment: datetime) -> bool:
    """Whether a confirmation given at `confirmed_at` still counts at `moment`."""
    return confirmed_at is not None and moment < confirmed_at + CONFIRMATION_LIFE
