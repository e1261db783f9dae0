"""Charges as no bank should write them: none of them proves anything."""

from __future__ import annotations

import gzip
import json
from typing import Any

from tests.integrations.misbehaving_bank import (
    APPROVED,
)

UNREADABLE_CHARGES: dict[str, Any] = {
    "garbage": b"<html>\xff",
    "nothing": b"",
    "a list": [],
    "deep nesting": b"[" * 100_000,
    "no charge id": {k: v for k, v in APPROVED.items() if k != "charge_id"},
    "charge id with a null character": APPROVED | {"charge_id": "ch\x00"},
    "endless charge id": APPROVED | {"charge_id": "x" * 101},
    "no moment": {k: v for k, v in APPROVED.items() if k != "processed_at"},
    "moment without zone": APPROVED | {"processed_at": "2026-05-19T15:00:00"},
    "impossible moment": APPROVED | {"processed_at": "2026-02-31T15:00:00Z"},
    "moment before time": APPROVED | {"processed_at": "0001-01-01T00:00:00+05:00"},
    "authorization that is a number": APPROVED | {"authorization_code": 123456},
    "unheard status": APPROVED | {"status": "pending"},
    "a status said twice": json.dumps(APPROVED).replace("{", '{"status": "declined", ', 1).encode(),
    "an amount said twice": json.dumps(APPROVED).replace("{", '{"amount": "1.00", ', 1).encode(),
    "compressed": gzip.compress(json.dumps(APPROVED).encode()),
    "a bomb": gzip.compress(b" " * 50_000_000),
}
CHARGES_OF_SOMETHING_ELSE = {
    "another amount": APPROVED | {"amount": "72.93"},
    "amount as a number": APPROVED | {"amount": 72.92},
    "amount without its zero": APPROVED | {"amount": "72.920"},
    "another currency": APPROVED | {"currency": "USD"},
    "another reference": APPROVED | {"reference": "SP-2026-000002"},
}
USELESS_CHARGES = UNREADABLE_CHARGES | CHARGES_OF_SOMETHING_ELSE
