"""The purchase: its states, and how it is paid."""

from enum import StrEnum


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
