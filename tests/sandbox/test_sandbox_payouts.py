"""The sandbox bank pays a person into an account or in cash, and refuses for a reason that it names."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.harness import RunningBank
from sandbox.scenarios import TEST_PAYOUTS, example_cci
from tests.sandbox.asking_the_bank import find, payout, payout_order
from tests.sandbox.keeping_the_contract import CONTRACT

REFUSALS = [row for row in TEST_PAYOUTS.values() if row.decline_code]


def in_cash(document_number: Any = "45678912", **changes: Any) -> dict[str, Any]:
    to = {"name": "Juana Mamani Condori", "document_type": "DNI", "document_number": document_number}
    return payout_order(to=to | changes)


def into(cci: Any) -> dict[str, Any]:
    return in_cash(cci=cci)


@pytest.mark.parametrize("order", [payout_order(), in_cash()], ids=["account", "cash"])
def test_a_person_is_paid_into_an_account_or_in_cash(http: httpx.Client, order: dict[str, Any]) -> None:
    answer = payout(http, order)
    assert answer.status_code == 201
    assert (answer.json()["amount"], answer.json()["reference"]) == ("72.92", "PS-2026-000001")


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: row.digits)
def test_each_refusal_says_its_reason(http: httpx.Client, row: Any) -> None:
    for key, order in {"account": payout_order(row.digits), "cash": in_cash(f"4567{row.digits}")}.items():
        answer = payout(http, order, key)
        assert answer.status_code == 402
        assert (answer.json()["decline_code"], answer.json()["message"]) == (row.decline_code, row.message)


def test_every_reason_of_the_contract_can_be_had() -> None:
    codes = CONTRACT["components"]["schemas"]["Payout"]["properties"]["decline_code"]["enum"]
    assert {row.decline_code for row in REFUSALS} == set(codes)


def test_an_account_chooses_before_the_document_of_its_holder(http: httpx.Client) -> None:
    assert payout(http, in_cash("45670001", cci=example_cci("4821"))).status_code == 201


def test_an_account_that_is_none_leaves_the_key_unused(http: httpx.Client, bank: RunningBank) -> None:
    answer = payout(http, payout_order("0010"))
    assert (answer.status_code, answer.json()["code"]) == (422, "account_not_found")
    assert find(http, kind="payout").status_code == 404
    assert bank.ledger.entries()["payouts"] == []
    assert payout(http, payout_order()).status_code == 201


@pytest.mark.parametrize(
    "order",
    [
        payout_order(currency="USD"),
        payout_order(reference="x" * 41),
        payout_order(reference=""),
        payout_order(to=None),
        payout_order(to=[]),
        in_cash(name="x" * 121),
        in_cash(name=""),
        in_cash(name=None),
        in_cash(document_type="RUC"),
        in_cash(document_number=45678912),
        into("1" * 19),
        into("1" * 21),
        into("1" * 19 + "x"),
        into("1" * 19 + "１"),
        into(""),
        into(None),
        into(int("1" * 20)),
    ],
)
def test_a_malformed_payout_moves_nothing(http: httpx.Client, bank: RunningBank, order: dict[str, Any]) -> None:
    answer = payout(http, order)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert bank.ledger.entries()["payouts"] == []


def test_a_name_may_have_120_characters(http: httpx.Client) -> None:
    assert payout(http, in_cash(name="ñ" * 120)).status_code == 201


@pytest.mark.parametrize("to", [in_cash()["to"], payout_order("4822")["to"]])
def test_a_key_pays_one_payee_by_one_way(http: httpx.Client, to: dict[str, Any]) -> None:
    payout(http, payout_order())
    assert payout(http, payout_order(to=to)).json()["code"] == "idempotency_mismatch"


@pytest.mark.parametrize("row", TEST_PAYOUTS.values(), ids=lambda row: row.digits)
def test_an_example_has_the_check_digits_of_a_cci(row: Any) -> None:
    cci = example_cci(row.digits)
    assert (len(cci), cci[14:18]) == (20, row.digits)
    for number, check in ((cci[:6], cci[18]), (cci[6:18], cci[19])):
        total = sum(sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(number, [1, 2] * 6, strict=False))
        assert (total + int(check)) % 10 == 0
