"""The sandbox bank charges as its contract says: asked over real HTTP, its books looked at afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from sandbox.harness import RunningBank
from sandbox.scenarios import TEST_CARDS
from tests.sandbox.asking_the_bank import Clock, charge, find, keeps, order, token


def test_a_card_that_is_not_in_the_table_is_charged_once(http: httpx.Client, bank: RunningBank) -> None:
    answer = charge(http, order(token(http)))
    assert answer.status_code == 201
    assert keeps("Charge", answer.json())
    assert answer.json()["status"] == "approved"
    assert answer.json()["authorization_code"]
    assert find(http).json() == answer.json()
    assert [entry["amount"] for entry in bank.ledger.entries()["charges"]] == ["72.92"]


@pytest.mark.parametrize("digits", [c.digits for c in TEST_CARDS.values() if c.decline_code])
def test_each_refusal_says_its_code_and_moves_nothing(http: httpx.Client, bank: RunningBank, digits: str) -> None:
    answer = charge(http, order(token(http, digits)))
    assert answer.status_code == 402
    assert keeps("Charge", answer.json())
    assert answer.json()["decline_code"] == TEST_CARDS[digits].decline_code
    assert "authorization_code" not in answer.json()
    assert find(http).json() == answer.json()
    assert [entry["status"] for entry in bank.ledger.entries()["charges"]] == ["declined"]


def test_twenty_equal_requests_at_once_are_one_charge(http: httpx.Client, bank: RunningBank) -> None:
    body, together = order(token(http)), Barrier(20)

    def one() -> tuple[int, str]:
        together.wait()
        answer = charge(http, body)
        return answer.status_code, answer.json()["charge_id"]

    with ThreadPoolExecutor(20) as pool:
        answers = {future.result() for future in [pool.submit(one) for _ in range(20)]}
    assert len(answers) == 1
    assert len(bank.ledger.entries()["charges"]) == 1


def test_a_key_with_another_body_is_a_conflict(http: httpx.Client, bank: RunningBank) -> None:
    body = order(token(http))
    charge(http, body)
    other = charge(http, body | {"amount": "72.93"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    assert len(bank.ledger.entries()["charges"]) == 1


def test_the_first_outcome_is_repeated_after_its_token_died_and_forgotten_after_a_day(
    http: httpx.Client, clock: Clock
) -> None:
    body = order(token(http))
    first = charge(http, body).json()
    clock.forward(hours=23)
    assert charge(http, body).json() == first
    clock.forward(hours=1)
    assert find(http).status_code == 404
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


def test_a_bank_that_breaks_after_charging_tells_when_asked(http: httpx.Client, bank: RunningBank) -> None:
    body = order(token(http, "0022"))
    assert charge(http, body).status_code == 500
    assert find(http).json()["status"] == "approved"
    assert charge(http, body).status_code == 201
    assert len(bank.ledger.entries()["charges"]) == 1


def test_a_bank_that_breaks_before_charging_never_received_it(http: httpx.Client, bank: RunningBank) -> None:
    body = order(token(http, "0023"))
    assert charge(http, body).status_code == 500
    assert find(http).status_code == 404
    assert charge(http, body).status_code == 201
    assert len(bank.ledger.entries()["charges"]) == 1


def test_a_bank_that_hangs_has_charged(http: httpx.Client, bank: RunningBank) -> None:
    body = order(token(http, "0021"))
    with pytest.raises(httpx.ReadTimeout):
        http.post("/v1/charges", json=body, headers={"Idempotency-Key": "k1"}, timeout=0.3)
    assert find(http).json()["status"] == "approved"
    assert charge(http, body).status_code == 201
    assert len(bank.ledger.entries()["charges"]) == 1


def test_a_slow_bank_answers_in_the_end(http: httpx.Client) -> None:
    assert charge(http, order(token(http, "0020"))).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "72.9"},
        {"amount": "0.00"},
        {"amount": 72.92},
        {"amount": "-1.00"},
        {"amount": "1234567890.00"},
        {"currency": "USD"},
        {"reference": "x" * 41},
        {"reference": None},
        {"reference": "two\nlines"},
    ],
)
def test_a_malformed_charge_moves_nothing(http: httpx.Client, bank: RunningBank, change: dict[str, Any]) -> None:
    answer = charge(http, order(token(http)) | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert bank.ledger.entries()["charges"] == []
