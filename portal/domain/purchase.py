"""The purchase: its states, and how it is paid."""

from enum import StrEnum

from portal.domain.states import State


class PurchaseState(State):
    OPEN = "open", "En curso"
    AWAITING_PAYMENT = "awaiting_payment", "Esperando pago"
    PAID = "paid", "Pagada"
    ISSUED = "issued", "Emitida"


PURCHASE_TRANSITIONS = {
    PurchaseState.OPEN: frozenset({PurchaseState.AWAITING_PAYMENT}),
    # Back to open: a refusal, or money that was never sent, lets every answer be edited again.
    PurchaseState.AWAITING_PAYMENT: frozenset({PurchaseState.PAID, PurchaseState.OPEN}),
    PurchaseState.PAID: frozenset({PurchaseState.ISSUED}),
}


class PaymentMethod(StrEnum):
    ACCOUNT = "cuenta"
    CASH = "efectivo"


METHOD_NAMES = {PaymentMethod.ACCOUNT: "Cargo a Cuenta", PaymentMethod.CASH: "Pago en Efectivo"}
