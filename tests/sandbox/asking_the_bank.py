"""Requests to the sandbox bank as its contract writes them, and a clock to move its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from sandbox.movements import Kind
from sandbox.scenarios import example_cci

START = datetime(2026, 5, 19, 15, 0, tzinfo=UTC)


class Clock:
    """The bank's time, moved by the test."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: int) -> None:
        self.time += timedelta(**by)


def card(last4: str = "4821", **changes: Any) -> dict[str, Any]:
    return {
        "bank_code": "BAP",
        "document_type": "DNI",
        "document_number": "45678912",
        "card_last4": last4,
        "expiry_month": 8,
        "expiry_year": 2028,
    } | changes


def token(http: httpx.Client, last4: str = "4821") -> str:
    answer = http.post("/v1/accounts/validate", json=card(last4))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["account_token"])


def order(token: str, **changes: Any) -> dict[str, Any]:
    return {"account_token": token, "amount": "72.92", "currency": "PEN", "reference": "SP-2026-000001"} | changes


def payout_order(digits: str = "4821", **changes: Any) -> dict[str, Any]:
    payee = {"name": "Juana Mamani Condori", "document_type": "DNI", "document_number": "45678912"}
    to = payee | {"cci": example_cci(digits)}
    return {"amount": "72.92", "currency": "PEN", "reference": "PS-2026-000001", "to": to} | changes


def post(http: httpx.Client, path: str, body: Any, key: str = "k1") -> httpx.Response:
    return http.post(path, json=body, headers={"Idempotency-Key": key})


def charge(http: httpx.Client, body: dict[str, Any], key: str = "k1") -> httpx.Response:
    return post(http, "/v1/charges", body, key)


def refund(http: httpx.Client, charge_id: str, amount: str, key: str = "r1") -> httpx.Response:
    return post(http, f"/v1/charges/{charge_id}/refunds", {"amount": amount}, key)


def payout(http: httpx.Client, body: dict[str, Any], key: str = "k1") -> httpx.Response:
    return post(http, "/v1/payouts", body, key)


def find(http: httpx.Client, key: str = "k1", kind: Kind = "charge") -> httpx.Response:
    return http.get(f"/v1/{kind}s", params={"idempotency_key": key})


@dataclass(frozen=True)
class Ordered:
    """An order of 72.92 that is ready to be sent."""

    kind: Kind
    path: str
    body: dict[str, Any]

    def send(self, http: httpx.Client, key: str = "k1", **changes: Any) -> httpx.Response:
        return post(http, self.path, self.body | changes, key)


def _ready_charge(http: httpx.Client, digits: str) -> Ordered:
    return Ordered("charge", "/v1/charges", order(token(http, f"00{digits}")))


def _ready_refund(http: httpx.Client, digits: str) -> Ordered:
    charged = charge(http, order(token(http, f"01{digits}")), f"charged-{digits}").json()["charge_id"]
    return Ordered("refund", f"/v1/charges/{charged}/refunds", {"amount": "72.92"})


def _ready_payout(_http: httpx.Client, digits: str) -> Ordered:
    return Ordered("payout", "/v1/payouts", payout_order(f"00{digits}"))


#: An order of each kind, by the last two digits of its scenario: they are the same for the same way to answer.
READY: dict[Kind, Callable[[httpx.Client, str], Ordered]] = {
    "charge": _ready_charge,
    "refund": _ready_refund,
    "payout": _ready_payout,
}
PLAIN_DIGITS, REFUSED = "99", "01"
SLOW, HANGS, BREAKS_AFTER, BREAKS_BEFORE = "20", "21", "22", "23"
