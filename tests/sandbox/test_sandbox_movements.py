"""What holds for every movement of the sandbox bank's money: asked over real HTTP, its books looked at afterwards."""

from __future__ import annotations

import json
import select
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from socket import socket
from threading import Barrier
from typing import Any

import httpx
import pytest

from sandbox.harness import RunningBank
from sandbox.movements import Kind
from tests.processes import until
from tests.sandbox.asking_the_bank import (
    BREAKS_AFTER,
    BREAKS_BEFORE,
    HANGS,
    PLAIN_DIGITS,
    READY,
    REFUSED,
    SLOW,
    Clock,
    Ordered,
    find,
)
from tests.sandbox.conftest import PAUSES

KINDS = pytest.mark.parametrize("kind", READY)


def booked(bank: RunningBank, kind: Kind, key: str = "k1") -> list[dict[str, Any]]:
    return [entry for entry in bank.ledger.entries()[f"{kind}s"] if entry["key"] == key]


def sent(bank: RunningBank, ordered: Ordered) -> socket:
    """The connection of a request whose answer is still to come."""
    connection = HTTPConnection(bank.url.removeprefix("http://"))
    headers = {"Authorization": f"Bearer {bank.api_key}", "Idempotency-Key": "k1"}
    connection.request("POST", ordered.path, json.dumps(ordered.body), headers)
    return connection.sock


@KINDS
def test_an_approved_movement_is_final_and_found_again(http: httpx.Client, bank: RunningBank, kind: Kind) -> None:
    answer = READY[kind](http, PLAIN_DIGITS).send(http)
    assert (answer.status_code, answer.json()["status"]) == (201, "approved")
    assert find(http, kind=kind).json() == answer.json()
    assert booked(bank, kind) == [answer.json() | {"key": "k1"}]


@KINDS
def test_a_refusal_is_final_and_moves_nothing(http: httpx.Client, bank: RunningBank, kind: Kind) -> None:
    ordered = READY[kind](http, REFUSED)
    answer = ordered.send(http)
    assert (answer.status_code, answer.json()["status"]) == (402, "declined")
    again = ordered.send(http)
    assert (again.status_code, again.json()) == (402, answer.json())
    assert find(http, kind=kind).json() == answer.json()
    assert [entry["status"] for entry in booked(bank, kind)] == ["declined"]


@KINDS
def test_twenty_equal_requests_at_once_move_money_once(http: httpx.Client, bank: RunningBank, kind: Kind) -> None:
    ordered, together = READY[kind](http, PLAIN_DIGITS), Barrier(20)

    def one() -> tuple[int, str]:
        together.wait()
        answer = ordered.send(http)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(20) as pool:
        answers = {future.result() for future in [pool.submit(one) for _ in range(20)]}
    assert [status for status, _text in answers] == [201]
    assert len(booked(bank, kind)) == 1


@KINDS
def test_a_key_with_another_body_is_a_conflict(http: httpx.Client, bank: RunningBank, kind: Kind) -> None:
    ordered = READY[kind](http, PLAIN_DIGITS)
    first = ordered.send(http).json()
    other = ordered.send(http, amount="72.91")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    assert find(http, kind=kind).json() == first
    assert len(booked(bank, kind)) == 1


@KINDS
def test_a_key_is_of_one_kind_of_movement(http: httpx.Client, bank: RunningBank, kind: Kind) -> None:
    READY[kind](http, PLAIN_DIGITS).send(http)
    for other in READY.keys() - {kind}:
        assert find(http, kind=other).status_code == 404
    another: Kind = "charge" if kind == "payout" else "payout"
    assert READY[another](http, PLAIN_DIGITS).send(http).status_code == 409
    assert booked(bank, another) == []


@KINDS
def test_a_key_is_kept_for_a_day(http: httpx.Client, clock: Clock, kind: Kind) -> None:
    ordered = READY[kind](http, PLAIN_DIGITS)
    first = ordered.send(http).json()
    clock.forward(hours=23, minutes=59, seconds=59)
    assert ordered.send(http).json() == first
    assert find(http, kind=kind).json() == first
    clock.forward(seconds=1)
    assert find(http, kind=kind).status_code == 404


@KINDS
@pytest.mark.parametrize("key", [None, "", "x" * 65, "a b", "a/b", "ñ"])
def test_no_movement_without_a_key_of_the_contract(
    http: httpx.Client, bank: RunningBank, kind: Kind, key: str | None
) -> None:
    ordered = READY[kind](http, PLAIN_DIGITS)
    headers = {} if key is None else {b"Idempotency-Key": key.encode()}
    answer = http.post(ordered.path, json=ordered.body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert bank.ledger.entries()[f"{kind}s"] == []


@KINDS
@pytest.mark.parametrize("amount", ["72.9", "0.00", 72.92, None, "-1.00", "+1.00", "1234567890.00", "7２.92", "1.00\n"])
def test_an_amount_outside_the_contract_leaves_the_key_unused(http: httpx.Client, kind: Kind, amount: Any) -> None:
    ordered = READY[kind](http, PLAIN_DIGITS)
    answer = ordered.send(http, amount=amount)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert find(http, kind=kind).status_code == 404
    assert ordered.send(http).status_code == 201


@KINDS
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff"])
def test_a_body_that_is_no_object_moves_nothing(http: httpx.Client, kind: Kind, body: bytes) -> None:
    path = READY[kind](http, PLAIN_DIGITS).path
    answer = http.post(path, content=body, headers={"Idempotency-Key": "k1"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert find(http, kind=kind).status_code == 404


@KINDS
def test_a_bank_that_breaks_after_moving_tells_when_asked(http: httpx.Client, bank: RunningBank, kind: Kind) -> None:
    ordered = READY[kind](http, BREAKS_AFTER)
    assert ordered.send(http).status_code == 500
    assert find(http, kind=kind).json()["status"] == "approved"
    assert ordered.send(http).status_code == 201
    assert len(booked(bank, kind)) == 1


@KINDS
def test_a_bank_that_breaks_before_moving_never_received_it(http: httpx.Client, bank: RunningBank, kind: Kind) -> None:
    ordered = READY[kind](http, BREAKS_BEFORE)
    assert ordered.send(http).status_code == 500
    assert find(http, kind=kind).status_code == 404
    assert booked(bank, kind) == []
    assert ordered.send(http).status_code == 201
    assert len(booked(bank, kind)) == 1


@KINDS
def test_a_bank_that_hangs_has_moved_the_money(http: httpx.Client, bank: RunningBank, kind: Kind) -> None:
    ordered = READY[kind](http, HANGS)
    with sent(bank, ordered) as hanging:
        until(lambda: find(http, kind=kind).status_code == 200, "the money has moved")
        assert find(http, kind=kind).json()["status"] == "approved"
        assert ordered.send(http).status_code == 201
        assert not select.select([hanging], [], [], 0)[0]
    assert len(booked(bank, kind)) == 1


@KINDS
def test_a_slow_bank_answers_in_the_end(http: httpx.Client, kind: Kind) -> None:
    ordered, began = READY[kind](http, SLOW), time.monotonic()
    assert ordered.send(http).status_code == 201
    assert time.monotonic() - began >= PAUSES.slow
