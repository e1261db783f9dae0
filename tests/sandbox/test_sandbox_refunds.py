"""The sandbox bank gives a charge back in parts, and never more than was charged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from sandbox.harness import RunningBank
from tests.sandbox.asking_the_bank import Clock, charge, find, order, payout, payout_order, refund, token


def charged(http: httpx.Client, digits: str = "4821") -> str:
    return str(charge(http, order(token(http, digits))).json()["charge_id"])


def test_a_charge_is_given_back_in_parts_and_never_beyond_itself(http: httpx.Client, bank: RunningBank) -> None:
    charge_id = charged(http)
    assert refund(http, charge_id, "50.00", "r1").json()["charge_id"] == charge_id
    assert refund(http, charge_id, "50.00", "r1").status_code == 201
    assert refund(http, charge_id, "22.93", "r2").status_code == 402
    assert refund(http, charge_id, "22.92", "r3").status_code == 201
    assert refund(http, charge_id, "0.01", "r4").status_code == 402
    assert find(http, "r2", "refund").json()["status"] == "declined"
    approved = [entry["amount"] for entry in bank.ledger.entries()["refunds"] if entry["status"] == "approved"]
    assert approved == ["50.00", "22.92"]


def test_what_one_charge_gave_back_is_no_other_charges(http: httpx.Client) -> None:
    first, second = (charge(http, order(token(http)), key).json()["charge_id"] for key in ("k1", "k2"))
    assert refund(http, first, "72.92", "r1").status_code == 201
    assert refund(http, second, "72.92", "r2").status_code == 201


def test_refunds_at_once_do_not_give_back_more_than_was_charged(http: httpx.Client) -> None:
    charge_id, together = charged(http), Barrier(8)

    def one(number: int) -> int:
        together.wait()
        return refund(http, charge_id, "30.00", f"r{number}").status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(8))) == [201, 201] + [402] * 6


def test_the_same_refund_of_another_charge_is_another_body(http: httpx.Client) -> None:
    first, second = (charge(http, order(token(http)), key).json()["charge_id"] for key in ("k1", "k2"))
    refund(http, first, "1.00")
    assert refund(http, second, "1.00").json()["code"] == "idempotency_mismatch"


def test_a_refused_charge_has_nothing_to_give_back(http: httpx.Client) -> None:
    assert refund(http, charged(http, "0001"), "1.00").status_code == 402


def test_a_refund_of_a_charge_that_is_none_leaves_the_key_unused(http: httpx.Client) -> None:
    answer = refund(http, "none", "1.00")
    assert (answer.status_code, answer.json()["code"]) == (404, "charge_not_found")
    assert find(http, "r1", "refund").status_code == 404
    assert refund(http, charged(http), "1.00").status_code == 201


def test_a_payout_is_no_charge_to_give_back(http: httpx.Client) -> None:
    paid = payout(http, payout_order()).json()["payout_id"]
    assert refund(http, paid, "1.00").status_code == 404


def test_a_refused_refund_takes_nothing_from_what_is_left(http: httpx.Client) -> None:
    charge_id = charged(http)
    assert refund(http, charge_id, "72.93", "r1").status_code == 402
    assert refund(http, charge_id, "72.92", "r2").status_code == 201


@pytest.mark.parametrize("days", [1, 400])
def test_a_charge_is_given_back_long_after_its_key_and_token_died(http: httpx.Client, clock: Clock, days: int) -> None:
    charge_id = charged(http)
    clock.forward(days=days)
    assert refund(http, charge_id, "72.92").status_code == 201
