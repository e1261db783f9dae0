"""What the bank decides on an order to move money, once it knows that the order's key is new."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal

from sandbox.contract import ChargeOrder, PayoutOrder, RefundOrder, centimos
from sandbox.scenarios import PLAIN, TEST_CARDS, TEST_PAYOUTS, TEST_REFUNDS, Scenario, Twist, payout_digits

Kind = Literal["charge", "refund", "payout"]
Shown = dict[str, str]

_ID_BEGINS: dict[Kind, str] = {"charge": "ch", "refund": "re", "payout": "po"}


class TokenExpired(Exception):
    """The token is unknown, past its time, or died at once."""


class NoSuchAccount(Exception):
    """There is no account with this CCI."""


@dataclass(frozen=True)
class Movement:
    """A decision: `shown` as the contract shows it, but for its moment; `reference` as a settlement names it.

    A charge keeps its card, by which its refunds are decided.
    """

    kind: Kind
    reference: str
    shown: Shown
    twist: Twist | None
    card: str | None = None

    @property
    def id(self) -> str:
        return self.shown[f"{self.kind}_id"]

    @property
    def approved(self) -> bool:
        return self.shown["status"] == "approved"


@dataclass(frozen=True)
class Charged:
    """A charge that a refund is asked of; `left` is what was not given back, in céntimos."""

    reference: str
    card: str
    left: int


def charge(order: ChargeOrder, card: str) -> Movement:
    """Raises `TokenExpired`."""
    scenario = TEST_CARDS.get(card, PLAIN)
    if scenario.twist is Twist.DEAD_TOKEN:
        raise TokenExpired
    shown = _outcome("charge", order.amount, approved=scenario.decline_code is None)
    shown |= {"currency": order.currency, "reference": order.reference} | _reason(scenario)
    if scenario.decline_code is None:
        shown["authorization_code"] = f"{secrets.randbelow(10**6):06d}"
    return Movement("charge", order.reference, shown, scenario.twist, card)


def refund(order: RefundOrder, charged: Charged) -> Movement:
    """Refused beyond what is left of the charge."""
    scenario = TEST_REFUNDS.get(charged.card, PLAIN)
    approved = scenario.decline_code is None and centimos(order.amount) <= charged.left
    shown = _outcome("refund", order.amount, approved=approved) | {"charge_id": order.charge_id}
    return Movement("refund", charged.reference, shown, scenario.twist)


def payout(order: PayoutOrder) -> Movement:
    """Raises `NoSuchAccount`."""
    scenario = TEST_PAYOUTS.get(payout_digits(order.to.cci, order.to.document_number), PLAIN)
    if scenario.twist is Twist.NOT_FOUND:
        raise NoSuchAccount
    shown = _outcome("payout", order.amount, approved=scenario.decline_code is None)
    shown |= {"currency": order.currency, "reference": order.reference} | _reason(scenario)
    return Movement("payout", order.reference, shown, scenario.twist)


def _outcome(kind: Kind, amount: str, *, approved: bool) -> Shown:
    return {
        f"{kind}_id": f"{_ID_BEGINS[kind]}_{secrets.token_hex(10)}",
        "status": "approved" if approved else "declined",
        "amount": amount,
    }


def _reason(scenario: Scenario) -> Shown:
    """Why it is refused, where the contract has a place for it."""
    if scenario.decline_code is None:
        return {}
    return {"decline_code": scenario.decline_code, "message": scenario.message}
