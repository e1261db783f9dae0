"""An answer lost, late or without end is unknown in bounded time and memory; a bank not reached was sent nothing."""

from __future__ import annotations

import socket
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from portal.integrations.bank import (
    Bank,
    ChargeOrder,
    NotSent,
    Unknown,
)
from portal.integrations.bounded_http import MAX_BODY
from tests.integrations.misbehaving_bank import (
    AMOUNT,
    API_KEY,
    APPROVED,
    DECLINED,
    KEY,
    PROBLEM,
    QUICK,
    REFERENCE,
    TOKEN,
    Script,
    answer,
    charge,
)
from tests.integrations.useless_charges import UNREADABLE_CHARGES

LOST = {
    "closed without an answer": Script(),
    "reset without an answer": Script(resets=True),
    "closed within the head": Script(b"HTTP/1.1 201 Created\r\nContent-Le"),
    "closed within the body": Script(answer(201, APPROVED, promised=5000)),
    "reset within the body": Script(answer(201, APPROVED, promised=5000), resets=True),
    "closed within the body of a refusal": Script(answer(402, DECLINED, promised=5000)),
    "closed within the body of a 422": Script(answer(422, PROBLEM, promised=5000)),
    "not HTTP": Script(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "redirect to nonsense": Script(answer(302, b"", head="Location: http://[::1\r\n")),
    "endless body": Script(answer(201, b"x" * (MAX_BODY + 1))),
}


@pytest.mark.parametrize("script", LOST.values(), ids=LOST)
def test_an_answer_lost_on_its_way_is_unknown(misbehaving: Any, script: Script) -> None:
    bank = misbehaving(script)
    assert charge(bank) == Unknown("connection_lost")
    assert len(bank.requests) == 1


LATE = {
    "silence": Script(waits=True),
    "silence within the body": Script(answer(201, APPROVED, promised=5000), waits=True),
    "a head that dribbles": Script(b"HTTP/1.1 201 Created\r\nX-Long: ", dribbles=b"x"),
    "a body that dribbles": Script(answer(201, b"", promised=5000), dribbles=b" "),
}


@pytest.mark.parametrize("script", LATE.values(), ids=LATE)
def test_an_answer_that_takes_too_long_is_unknown_in_time(misbehaving: Any, script: Script) -> None:
    """Without our patience nothing would end it: each of these goes on for ever."""
    assert charge(misbehaving(script), QUICK) == Unknown("timeout")


def test_a_bank_that_does_not_listen_was_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    bank = Bank(f"http://127.0.0.1:{port}", API_KEY, QUICK)
    assert bank.send(ChargeOrder(TOKEN, AMOUNT, REFERENCE), KEY) == NotSent("unreachable")
    assert bank.find(ChargeOrder("token", AMOUNT, REFERENCE), KEY) == Unknown("unreachable")


def test_a_bank_whose_name_is_unknown_was_sent_nothing() -> None:
    bank = Bank("http://bank.invalid", API_KEY, QUICK)
    assert bank.send(ChargeOrder(TOKEN, AMOUNT, REFERENCE), KEY) == NotSent("unreachable")


def test_a_bank_that_cannot_prove_itself_was_sent_nothing(misbehaving: Any) -> None:
    bank = Bank(misbehaving(Script(b"no TLS here")).url.replace("http:", "https:"), API_KEY, QUICK)
    assert bank.send(ChargeOrder(TOKEN, AMOUNT, REFERENCE), KEY) == NotSent("unreachable")


def test_a_bank_that_does_not_take_the_connection_was_sent_nothing() -> None:
    with socket.socket() as full, socket.socket() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting.connect(full.getsockname())  # fills the queue, so that the next one is not answered
        bank = Bank(f"http://127.0.0.1:{full.getsockname()[1]}", API_KEY, replace(QUICK, connect=0.2))
        assert bank.send(ChargeOrder(TOKEN, AMOUNT, REFERENCE), KEY) == NotSent("unreachable")


CHUNKED = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
WITHOUT_END = {
    "a chunk after the other": Script(CHUNKED, dribbles=b"1\r\nx\r\n"),
    "many small chunks": Script(CHUNKED + b"1\r\nx\r\n" * (MAX_BODY + 1)),
    "one answer after the other": Script(dribbles=b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    "other protocols": Script(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", waits=True),
    "a head of many lines": Script(b"HTTP/1.1 201 Created\r\n" + b"X: y\r\n" * 50_000),
}


@pytest.mark.parametrize("script", WITHOUT_END.values(), ids=WITHOUT_END)
def test_an_answer_without_end_is_unknown_in_bounded_time(misbehaving: Any, script: Script) -> None:
    assert isinstance(charge(misbehaving(script), QUICK), Unknown)


@pytest.mark.parametrize("body", [b"x" * (40 * MAX_BODY), UNREADABLE_CHARGES["a bomb"]], ids=["long", "a bomb"])
def test_a_large_answer_takes_little_memory(misbehaving: Any, body: bytes) -> None:
    bank = misbehaving(Script(answer(201, body, head="Content-Encoding: gzip\r\n")))
    tracemalloc.start()
    assert isinstance(charge(bank), Unknown)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * MAX_BODY
