"""The sandbox bank has what its contract lists, and asks for what it requires."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import ValidationError

import sandbox
from sandbox.contract import DOCUMENT_TYPES
from sandbox.harness import RunningBank
from sandbox.scenarios import readme_tables
from tests.processes import PATIENCE
from tests.sandbox.asking_the_bank import card, order, payout_order, post, token
from tests.sandbox.keeping_the_contract import CONTRACT, check

OPERATIONS = [(method, path) for path, methods in CONTRACT["paths"].items() for method in methods]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_path_of_the_contract_answers(http: httpx.Client, method: str, path: str) -> None:
    answer = http.request(method, path.format(charge_id="none", day="2026-05-19"))
    if path == "/v1/banks":
        assert answer.status_code == 200
    elif path == "/v1/settlements/{day}":
        assert answer.json()["code"] == "not_known_yet"
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic YTpi"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_without_the_right_key_nothing_is_told(
    bank: RunningBank, method: str, path: str, authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = httpx.request(method, bank.url + path, headers=headers, timeout=PATIENCE, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def required(path: str) -> list[str]:
    body = CONTRACT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return list(body["required"])


@pytest.mark.parametrize("name", CONTRACT["components"]["schemas"]["CardOfPerson"]["required"])
def test_a_card_lacks_nothing_that_the_contract_requires(http: httpx.Client, name: str) -> None:
    body = {given: value for given, value in card().items() if given != name}
    assert http.post("/v1/accounts/validate", json=body).json()["code"] == "invalid_request"


@pytest.mark.parametrize("name", required("/v1/charges"))
def test_a_charge_lacks_nothing_that_the_contract_requires(http: httpx.Client, name: str) -> None:
    body = {given: value for given, value in order(token(http)).items() if given != name}
    assert post(http, "/v1/charges", body).json()["code"] == "invalid_request"


@pytest.mark.parametrize("name", required("/v1/payouts"))
def test_a_payout_lacks_nothing_that_the_contract_requires(http: httpx.Client, name: str) -> None:
    body = {given: value for given, value in payout_order().items() if given != name}
    assert post(http, "/v1/payouts", body).json()["code"] == "invalid_request"


@pytest.mark.parametrize("name", ["name", "document_type", "document_number"])
def test_a_payee_lacks_nothing_that_the_contract_requires(http: httpx.Client, name: str) -> None:
    to = {given: value for given, value in payout_order()["to"].items() if given != name}
    assert post(http, "/v1/payouts", payout_order(to=to)).json()["code"] == "invalid_request"


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (201, {"status": "paid"}),
        (201, {"amount": 72.92}),
        (201, {"processed_at": "2026-05-19T15:00:00"}),
        (201, {"iban": "PE00"}),
        (201, {"payout_id": None}),
        (409, {}),
        (500, {}),
    ],
)
def test_an_answer_that_breaks_the_contract_is_noticed(status: int, change: dict[str, Any]) -> None:
    told = {
        "payout_id": "po_1",
        "status": "approved",
        "amount": "72.92",
        "currency": "PEN",
        "reference": "PS-2026-000001",
        "processed_at": "2026-05-19T15:00:00.000Z",
    }
    request = httpx.Request("POST", "http://bank/v1/payouts", json=payout_order(), headers={"Idempotency-Key": "k1"})
    check(httpx.Response(201, json=told, request=request))
    with pytest.raises(ValidationError):
        check(httpx.Response(status, json=told | change, request=request))


@pytest.mark.parametrize(("key", "change"), [("a b", {}), (None, {}), ("k1", {"to": {"name": "Juana"}})])
def test_a_request_that_the_bank_should_not_have_taken_is_noticed(key: str | None, change: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": key} if key else {}
    request = httpx.Request("POST", "http://bank/v1/payouts", json=payout_order(**change), headers=headers)
    told = {"payout_id": "po_1", "status": "approved", "amount": "72.92", "currency": "PEN", "reference": "PS-1"}
    with pytest.raises(ValidationError):
        check(httpx.Response(201, json=told | {"processed_at": "2026-05-19T15:00:00Z"}, request=request))


def test_document_types_are_those_of_the_contract() -> None:
    assert set(DOCUMENT_TYPES) == set(
        CONTRACT["components"]["schemas"]["CardOfPerson"]["properties"]["document_type"]["enum"]
    )


@pytest.mark.parametrize("table", readme_tables())
def test_the_readme_lists_every_scenario(table: str) -> None:
    assert table in (Path(sandbox.__file__).parent / "README.md").read_text()
