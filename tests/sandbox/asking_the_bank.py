"""Requests to the sandbox bank as its contract writes them, and a clock to move its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml

import sandbox

START = datetime(2026, 5, 19, 15, 0, tzinfo=UTC)
FOLDER = Path(sandbox.__file__).parent
CONTRACT = yaml.safe_load((FOLDER / "openapi.yaml").read_text())


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


def charge(http: httpx.Client, body: dict[str, Any], key: str = "k1") -> httpx.Response:
    return http.post("/v1/charges", json=body, headers={"Idempotency-Key": key})


def find(http: httpx.Client, key: str = "k1") -> httpx.Response:
    return http.get("/v1/charges", params={"idempotency_key": key})


def keeps(schema: str, body: dict[str, Any]) -> bool:
    """Whether the body has what the contract's schema requires, of the values it lists, and nothing that it lacks."""
    described = CONTRACT["components"]["schemas"][schema]
    allowed = described["properties"]
    return set(described["required"]) <= set(body) <= set(allowed) and all(
        body[name] in rule["enum"] for name, rule in allowed.items() if "enum" in rule and name in body
    )
