"""The sandbox bank gives a charge back in parts, and never more than was charged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx

from sandbox.harness import RunningBank
from tests.sandbox.asking_the_bank import charge, keeps, order, token


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
