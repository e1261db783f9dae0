"""The sandbox bank keeps its contract: asked over real HTTP, its books looked at afterwards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest
import yaml

import sandbox
from sandbox.bank import Pauses
from sandbox.cards import TEST_CARDS, readme_table
from sandbox.contract import DOCUMENT_TYPES
from sandbox.harness import RunningBank, running_bank
from sandbox.ledger import MAX_FAILED_TRIES

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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bank(tmp_path: Path, clock: Clock) -> Iterator[RunningBank]:
    with running_bank(tmp_path / "bank.sqlite", clock, Pauses(slow=0.01)) as running:
        yield running


@pytest.fixture
def http(bank: RunningBank) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {bank.api_key}"}
    with httpx.Client(base_url=bank.url, headers=headers, timeout=5, trust_env=False) as client:
        yield client


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


def test_a_card_that_is_not_in_the_table_is_charged_once(http: httpx.Client, bank: RunningBank) -> None:
    answer = charge(http, order(token(http)))
    assert answer.status_code == 201
    assert keeps("Charge", answer.json())
    assert answer.json()["status"] == "approved"
    assert answer.json()["authorization_code"]
    assert find(http).json() == answer.json()
    assert [entry["amount"] for entry in bank.ledger.entries()["charges"]] == ["72.92"]


def test_the_validated_account_names_the_entity_and_hides_the_number(http: httpx.Client) -> None:
    account = http.post("/v1/accounts/validate", json=card()).json()
    assert (account["masked_account"], account["bank_name"]) == ("****4821", "Banco Andino del Perú")
    listed = {entity["name"] for entity in http.get("/v1/banks").json()}
    assert {"Banco Andino del Perú", "Banco del Litoral", "Caja Sur Altiplano"} <= listed


@pytest.mark.parametrize("digits", [c.digits for c in TEST_CARDS.values() if c.decline_code])
def test_each_refusal_says_its_code_and_moves_nothing(http: httpx.Client, bank: RunningBank, digits: str) -> None:
    answer = charge(http, order(token(http, digits)))
    assert answer.status_code == 402
    assert keeps("Charge", answer.json())
    assert answer.json()["decline_code"] == TEST_CARDS[digits].decline_code
    assert "authorization_code" not in answer.json()
    assert find(http).json() == answer.json()
    assert [entry["status"] for entry in bank.ledger.entries()["charges"]] == ["declined"]


def test_every_refusal_of_the_contract_has_its_card() -> None:
    codes = CONTRACT["components"]["schemas"]["Charge"]["properties"]["decline_code"]["enum"]
    assert {c.decline_code for c in TEST_CARDS.values()} - {None} == set(codes)


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


@pytest.mark.parametrize("key", [None, "", "x" * 65, "a b", "a/b"])
def test_a_charge_needs_a_key_of_the_contract(http: httpx.Client, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = http.post("/v1/charges", json=order(token(http)), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic YTpi"])
def test_without_the_right_key_nothing_is_told(bank: RunningBank, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = httpx.get(f"{bank.url}/v1/banks", headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_a_charge_is_given_back_in_parts_and_never_beyond_itself(http: httpx.Client, bank: RunningBank) -> None:
    charged = charge(http, order(token(http))).json()["charge_id"]

    def refund(amount: str, key: str) -> httpx.Response:
        return http.post(f"/v1/charges/{charged}/refunds", json={"amount": amount}, headers={"Idempotency-Key": key})

    first = refund("50.00", "r1")
    assert (first.status_code, first.json()["status"]) == (201, "approved")
    assert keeps("Refund", first.json())
    assert refund("50.00", "r1").json() == first.json()
    assert refund("20.00", "r1").status_code == 409
    assert refund("22.93", "r2").status_code == 402
    assert refund("22.92", "r3").status_code == 201
    assert refund("0.01", "r4").status_code == 402
    assert http.get("/v1/refunds", params={"idempotency_key": "r2"}).json()["status"] == "declined"
    assert http.get("/v1/refunds", params={"idempotency_key": "k1"}).status_code == 404
    approved = [r["amount"] for r in bank.ledger.entries()["refunds"] if r["status"] == "approved"]
    assert approved == ["50.00", "22.92"]


def test_refunds_at_once_do_not_give_back_more_than_was_charged(http: httpx.Client) -> None:
    charged = charge(http, order(token(http))).json()["charge_id"]
    together = Barrier(8)

    def one(number: int) -> int:
        together.wait()
        headers = {"Idempotency-Key": f"r{number}"}
        return http.post(f"/v1/charges/{charged}/refunds", json={"amount": "30.00"}, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(8))) == [201, 201] + [402] * 6


def test_a_refused_charge_and_a_missing_one_cannot_be_given_back(http: httpx.Client) -> None:
    refused = charge(http, order(token(http, "0001"))).json()["charge_id"]
    headers = {"Idempotency-Key": "r1"}
    assert http.post(f"/v1/charges/{refused}/refunds", json={"amount": "1.00"}, headers=headers).status_code == 402
    assert http.post("/v1/charges/none/refunds", json={"amount": "1.00"}, headers=headers).status_code == 409
    headers = {"Idempotency-Key": "r2"}
    assert http.post("/v1/charges/none/refunds", json={"amount": "1.00"}, headers=headers).status_code == 404


def test_every_path_of_the_contract_answers(http: httpx.Client) -> None:
    for path, methods in CONTRACT["paths"].items():
        for method in methods:
            answer = http.request(method, path.replace("{charge_id}", "none"))
            assert answer.status_code not in (405, 500), (method, path)
            assert answer.status_code != 404 or answer.json()["code"] in ("not_found", "charge_not_found")


def test_document_types_are_those_of_the_contract() -> None:
    assert set(DOCUMENT_TYPES) == set(
        CONTRACT["components"]["schemas"]["CardOfPerson"]["properties"]["document_type"]["enum"]
    )


def test_the_readme_lists_the_test_cards() -> None:
    assert readme_table() in (FOLDER / "README.md").read_text()


def test_the_books_survive_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with running_bank(tmp_path / "bank.sqlite", Clock()) as running:
            headers = {"Authorization": f"Bearer {running.api_key}"}
            with httpx.Client(base_url=running.url, headers=headers, trust_env=False) as http:
                if find(http).status_code == 404:
                    charge(http, order(token(http)))
                assert find(http).json()["status"] == "approved"


def test_the_command_says_its_port_and_ends_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.bank", "--port", "0", "--ledger", str(tmp_path / "b"), "--instance", "me"]
    environment = os.environ | {"BANK_API_KEY": "secret", "PYTHONPATH": str(FOLDER.parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            facts = dict(part.split("=") for part in process.stdout.readline().split()[2:])
            url = f"http://127.0.0.1:{facts['port']}"
            assert httpx.get(f"{url}/health", trust_env=False).json() == {"status": "ok", "instance": "me"}
            assert httpx.get(f"{url}/ledger", trust_env=False).json() == {"charges": [], "refunds": []}
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()


def test_the_command_refuses_to_start_without_a_key(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.bank", "--port", "0", "--ledger", str(tmp_path / "b")]
    environment = {name: value for name, value in os.environ.items() if name != "BANK_API_KEY"}
    ended = subprocess.run(
        command, capture_output=True, text=True, env=environment | {"PYTHONPATH": str(FOLDER.parent)}
    )
    assert ended.returncode == 2
    assert "BANK_API_KEY" in ended.stderr
