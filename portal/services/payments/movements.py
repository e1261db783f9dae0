"""Every kind of money that moves by the bank, and what is done for all of them."""

from typing import Any

from portal.services.payments import sending
from portal.services.payments.bank_refunds import BANK_REFUND
from portal.services.payments.charging import CHARGE
from portal.services.payments.money_movement import MoneyMovement
from portal.services.payments.payouts import BANK_PAYOUT

MONEY_OUT: tuple[MoneyMovement[Any], ...] = (BANK_REFUND, BANK_PAYOUT)
MOVEMENTS = (CHARGE, *MONEY_OUT)


def reconcile_overdue() -> None:
    """Ask the bank what became of each movement whose outcome is not known."""
    for kind in MOVEMENTS:
        sending.reconcile_overdue(kind)


def count_overdue() -> int:
    """How many movements the bank must still be asked for."""
    return sum(len(sending.overdue(kind)) for kind in MOVEMENTS)
