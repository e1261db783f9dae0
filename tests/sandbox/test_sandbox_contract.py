"""The sandbox bank has what its contract lists, and asks for what it requires."""

from __future__ import annotations

import httpx
import pytest

from sandbox.contract import DOCUMENT_TYPES
from sandbox.harness import RunningBank
from sandbox.scenarios import TEST_CARDS, readme_tables
from tests.sandbox.asking_the_bank import CONTRACT, FOLDER, order, token


def test_every_refusal_of_the_contract_has_its_card() -> None:
    codes = CONTRACT["components"]["schemas"]["Charge"]["properties"]["decline_code"]["enum"]
    assert {c.decline_code for c in TEST_CARDS.values()} - {None} == set(codes)


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


def test_every_path_of_the_contract_answers(http: httpx.Client) -> None:
    for path, methods in CONTRACT["paths"].items():
        for method in methods:
            answer = http.request(method, path.format(charge_id="none", day="2026-05-19"))
            assert answer.status_code not in (405, 500), (method, path)
            assert answer.status_code != 404 or answer.json()["code"] in (
                "not_found",
                "charge_not_found",
                "not_known_yet",
            )


def test_document_types_are_those_of_the_contract() -> None:
    assert set(DOCUMENT_TYPES) == set(
        CONTRACT["components"]["schemas"]["CardOfPerson"]["properties"]["document_type"]["enum"]
    )


@pytest.mark.parametrize("table", readme_tables())
def test_the_readme_lists_every_scenario(table: str) -> None:
    assert table in (FOLDER / "README.md").read_text()
