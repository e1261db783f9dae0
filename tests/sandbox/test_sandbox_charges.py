"""The sandbox bank charges an account while its token lives, and refuses for a reason that it names."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.harness import RunningBank
from sandbox.scenarios import TEST_CARDS
from tests.sandbox.asking_the_bank import Clock, charge, find, order, token
from tests.sandbox.keeping_the_contract import CONTRACT

REFUSALS = [row for row in TEST_CARDS.values() if row.decline_code]


def test_an_approved_charge_carries_its_proof(http: httpx.Client) -> None:
    answer = charge(http, order(token(http))).json()
    assert answer["authorization_code"]
    assert (answer["amount"], answer["reference"]) == ("72.92", "SP-2026-000001")


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: row.digits)
def test_each_refusal_says_its_reason(http: httpx.Client, row: Any) -> None:
    answer = charge(http, order(token(http, row.digits)))
    assert answer.status_code == 402
    assert (answer.json()["decline_code"], answer.json()["message"]) == (row.decline_code, row.message)
    assert "authorization_code" not in answer.json()


def test_every_reason_of_the_contract_has_its_card() -> None:
    codes = CONTRACT["components"]["schemas"]["Charge"]["properties"]["decline_code"]["enum"]
    assert {row.decline_code for row in REFUSALS} == set(codes)


def test_a_first_outcome_outlives_its_token_but_not_the_day(http: httpx.Client, clock: Clock) -> None:
    body = order(token(http))
    first = charge(http, body).json()
    clock.forward(hours=23)
    assert charge(http, body).json() == first
    clock.forward(hours=1)
    assert charge(http, body).json()["code"] == "token_expired"


def test_a_token_lives_thirty_minutes(http: httpx.Client, bank: RunningBank, clock: Clock) -> None:
    body = order(token(http))
    clock.forward(minutes=30)
    answer = charge(http, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "token_expired")
    assert find(http).status_code == 404
    assert bank.ledger.entries()["charges"] == []


def test_a_token_that_dies_at_once_is_refused_and_leaves_the_key_unused(http: httpx.Client) -> None:
    assert charge(http, order(token(http, "0012"))).json()["code"] == "token_expired"
    assert charge(http, order(token(http))).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "USD"},
        {"reference": "x" * 41},
        {"reference": None},
        {"reference": "two\nlines"},
        {"account_token": ""},
    ],
)
def test_a_malformed_charge_moves_nothing(http: httpx.Client, bank: RunningBank, change: dict[str, Any]) -> None:
    answer = charge(http, order(token(http)) | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert bank.ledger.entries()["charges"] == []
