"""The sandbox bank validates a person's card, and refuses it in the words of its contract."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox.ledger import MAX_FAILED_TRIES
from tests.sandbox.asking_the_bank import Clock, card


def test_the_validated_account_names_the_entity_and_hides_the_number(http: httpx.Client) -> None:
    account = http.post("/v1/accounts/validate", json=card()).json()
    assert (account["masked_account"], account["bank_name"]) == ("****4821", "Banco Andino del Perú")
    listed = {entity["name"] for entity in http.get("/v1/banks").json()}
    assert {"Banco Andino del Perú", "Banco del Litoral", "Caja Sur Altiplano"} <= listed


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (card("0010"), 404, "account_not_found"),
        (card("0011"), 429, "too_many_attempts"),
        (card(expiry_month=4, expiry_year=2026), 422, "card_expired"),
        (card(expiry_month=13), 422, "invalid_request"),
        (card(expiry_month=True), 422, "invalid_request"),
        (card(expiry_year="2028"), 422, "invalid_request"),
        (card(card_last4="48211"), 422, "invalid_request"),
        (card(card_last4="48２1"), 422, "invalid_request"),
        (card(document_type="RUC"), 422, "invalid_request"),
        (card(bank_code="XXX"), 422, "invalid_request"),
        ([], 422, "invalid_request"),
    ],
)
def test_a_card_is_refused_in_the_words_of_the_contract(http: httpx.Client, body: Any, status: int, code: str) -> None:
    answer = http.post("/v1/accounts/validate", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_card_is_good_until_the_last_day_of_its_month_in_lima(http: httpx.Client, clock: Clock) -> None:
    may = card(expiry_month=5, expiry_year=2026)
    clock.time = datetime(2026, 6, 1, 4, 59, tzinfo=UTC)
    assert http.post("/v1/accounts/validate", json=may).status_code == 200
    clock.forward(minutes=1)
    assert http.post("/v1/accounts/validate", json=may).json()["code"] == "card_expired"


def test_a_person_who_keeps_failing_has_to_wait(http: httpx.Client, clock: Clock) -> None:
    for _ in range(MAX_FAILED_TRIES):
        http.post("/v1/accounts/validate", json=card("0010"))
    assert http.post("/v1/accounts/validate", json=card()).json()["code"] == "too_many_attempts"
    assert http.post("/v1/accounts/validate", json=card(document_number="11111111")).status_code == 200
    clock.forward(minutes=15)
    assert http.post("/v1/accounts/validate", json=card()).status_code == 200
