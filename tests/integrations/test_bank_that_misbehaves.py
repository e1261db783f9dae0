"""Whatever a bank answers to a charge, the outcome never says more than the answer proves.

The banks are raw sockets: no HTTP library would answer like that.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
import structlog

from portal.integrations.bank import (
    Approved,
    Bank,
    BankUnavailable,
    CardOfPerson,
    Declined,
    NeverReceived,
    NotSent,
    Outcome,
    Patience,
    Unknown,
)
from portal.integrations.bounded_http import MAX_BODY

KEY, REFERENCE, AMOUNT = "key-1", "SP-2026-000001", Decimal("72.92")
TOKEN, DOCUMENT, DIGITS, API_KEY = "tok_secret", "45678912", "4821", "api-secret"
CARD = CardOfPerson("BAP", "DNI", DOCUMENT, DIGITS, 8, 2028)

#: Short enough for a test that waits for its end, long enough for an honest answer on a busy machine.
QUICK = Patience(connect=1.0, read=0.5, total=0.8)
PATIENT = Patience(connect=2.0, read=5.0, total=5.0)

APPROVED: dict[str, Any] = {
    "charge_id": "ch_1",
    "status": "approved",
    "amount": "72.92",
    "currency": "PEN",
    "reference": REFERENCE,
    "authorization_code": "123456",
    "processed_at": "2026-05-19T15:00:00.123Z",
}
DECLINED = {k: v for k, v in APPROVED.items() if k != "authorization_code"} | {
    "status": "declined",
    "decline_code": "insufficient_funds",
    "message": "Saldo insuficiente",
}
PROBLEM = {"code": "some_code"}
BAP = {"code": "BAP", "name": "Banco"}


def answer(status: int, body: Any, promised: int | None = None, head: str = "") -> bytes:
    """The bytes of an HTTP answer; `promised` is a Content-Length that is not the body's."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = len(payload) if promised is None else promised
    return f"HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n{head}\r\n".encode() + payload


@dataclass(frozen=True)
class Script:
    """What a bank does with a connection once it has read the whole request."""

    post: bytes = b""
    question: bytes = answer(500, PROBLEM)
    resets: bool = False
    waits: bool = False
    dribbles: bytes = b""


class MisbehavingBank:
    """Follows its script on each connection and remembers the first lines of the requests."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[str] = []
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection:
            line = whole_request(connection)
            self.requests.append(line)
            try:
                connection.sendall(self.script.post if line.startswith("POST") else self.script.question)
                self._misbehave(connection)
            except OSError:
                pass  # the client left, as it should

    def _misbehave(self, connection: socket.socket) -> None:
        if self.script.resets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        while self.script.dribbles and not self._over.wait(0.05):
            connection.sendall(self.script.dribbles)
        if self.script.waits:
            self._over.wait()


def whole_request(connection: socket.socket) -> str:
    """Read all of a request, so that what follows happens to one that was received; returns its first line."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head.split(b"\r\n")[0].decode()


@pytest.fixture
def misbehaving() -> Iterator[Callable[[Script], MisbehavingBank]]:
    started: list[MisbehavingBank] = []

    def start(script: Script) -> MisbehavingBank:
        started.append(MisbehavingBank(script))
        return started[-1]

    yield start
    for bank in started:
        bank.close()


def charge(bank: MisbehavingBank, patience: Patience = PATIENT) -> Outcome:
    return Bank(bank.url, API_KEY, patience).charge(TOKEN, AMOUNT, REFERENCE, KEY)


def find(bank: MisbehavingBank) -> Outcome:
    return Bank(bank.url, API_KEY, PATIENT).find_charge(KEY, AMOUNT, REFERENCE)


UNREADABLE_CHARGES: dict[str, Any] = {
    "garbage": b"<html>\xff",
    "nothing": b"",
    "a list": [],
    "deep nesting": b"[" * 100_000,
    "no charge id": {k: v for k, v in APPROVED.items() if k != "charge_id"},
    "charge id with a null character": APPROVED | {"charge_id": "ch\x00"},
    "endless charge id": APPROVED | {"charge_id": "x" * 101},
    "no moment": {k: v for k, v in APPROVED.items() if k != "processed_at"},
    "moment without zone": APPROVED | {"processed_at": "2026-05-19T15:00:00"},
    "impossible moment": APPROVED | {"processed_at": "2026-02-31T15:00:00Z"},
    "moment before time": APPROVED | {"processed_at": "0001-01-01T00:00:00+05:00"},
    "authorization that is a number": APPROVED | {"authorization_code": 123456},
    "unheard status": APPROVED | {"status": "pending"},
    "a status said twice": json.dumps(APPROVED).replace("{", '{"status": "declined", ', 1).encode(),
    "an amount said twice": json.dumps(APPROVED).replace("{", '{"amount": "1.00", ', 1).encode(),
    "compressed": gzip.compress(json.dumps(APPROVED).encode()),
    "a bomb": gzip.compress(b" " * 50_000_000),
}
CHARGES_OF_SOMETHING_ELSE = {
    "another amount": APPROVED | {"amount": "72.93"},
    "amount as a number": APPROVED | {"amount": 72.92},
    "amount without its zero": APPROVED | {"amount": "72.920"},
    "another currency": APPROVED | {"currency": "USD"},
    "another reference": APPROVED | {"reference": "SP-2026-000002"},
}
USELESS_CHARGES = UNREADABLE_CHARGES | CHARGES_OF_SOMETHING_ELSE


@pytest.mark.parametrize("body", UNREADABLE_CHARGES.values(), ids=UNREADABLE_CHARGES)
def test_an_approval_that_cannot_be_read_is_unknown(misbehaving: Any, body: Any) -> None:
    assert charge(misbehaving(Script(answer(201, body)))) == Unknown("unreadable")


@pytest.mark.parametrize("body", CHARGES_OF_SOMETHING_ELSE.values(), ids=CHARGES_OF_SOMETHING_ELSE)
def test_an_approval_of_something_else_is_unknown(misbehaving: Any, body: Any) -> None:
    assert charge(misbehaving(Script(answer(201, body)))) == Unknown("mismatch")


def test_a_201_that_says_declined_is_unknown(misbehaving: Any) -> None:
    assert charge(misbehaving(Script(answer(201, DECLINED)))) == Unknown("mismatch")


@pytest.mark.parametrize("status", [200, 202, 204, 301, 302, 307, 308, 500, 502, 503, 504])
def test_any_other_answer_than_a_4xx_is_unknown_and_not_followed_nor_repeated(misbehaving: Any, status: int) -> None:
    body = b"" if status == 204 else APPROVED
    bank = misbehaving(Script(answer(status, body, head="Location: /v1/elsewhere\r\n")))
    assert charge(bank) == Unknown("unexpected_status")
    assert bank.requests == ["POST /v1/charges HTTP/1.1"]


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
    started = time.monotonic()
    assert charge(misbehaving(script), QUICK) == Unknown("timeout")
    assert time.monotonic() - started < QUICK.total + 1.5


def test_a_bank_that_does_not_listen_was_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    bank = Bank(f"http://127.0.0.1:{port}", API_KEY, QUICK)
    assert bank.charge(TOKEN, AMOUNT, REFERENCE, KEY) == NotSent("unreachable")
    assert bank.find_charge(KEY, AMOUNT, REFERENCE) == Unknown("unreachable")


def test_a_bank_whose_name_is_unknown_was_sent_nothing() -> None:
    bank = Bank("http://bank.invalid", API_KEY, QUICK)
    assert bank.charge(TOKEN, AMOUNT, REFERENCE, KEY) == NotSent("unreachable")


def test_a_bank_that_cannot_prove_itself_was_sent_nothing(misbehaving: Any) -> None:
    bank = Bank(misbehaving(Script(b"no TLS here")).url.replace("http:", "https:"), API_KEY, QUICK)
    assert bank.charge(TOKEN, AMOUNT, REFERENCE, KEY) == NotSent("unreachable")


def test_a_bank_that_does_not_take_the_connection_was_sent_nothing() -> None:
    with socket.socket() as full, socket.socket() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting.connect(full.getsockname())  # fills the queue, so that the next one is not answered
        bank = Bank(f"http://127.0.0.1:{full.getsockname()[1]}", API_KEY, replace(QUICK, connect=0.2))
        assert bank.charge(TOKEN, AMOUNT, REFERENCE, KEY) == NotSent("unreachable")


@pytest.mark.parametrize("status", [400, 404, 405, 408, 413, 422, 429, 451])
@pytest.mark.parametrize("body", [PROBLEM, b"<html>", APPROVED])
def test_any_4xx_but_402_and_409_means_that_nothing_moved(misbehaving: Any, status: int, body: Any) -> None:
    assert charge(misbehaving(Script(answer(status, body)))) == NotSent("rejected")


def test_a_token_past_its_time_is_told_apart(misbehaving: Any) -> None:
    assert charge(misbehaving(Script(answer(422, {"code": "token_expired"})))) == NotSent("token_expired")
    assert charge(misbehaving(Script(answer(400, {"code": "token_expired"})))) == NotSent("rejected")


def test_a_matching_402_is_a_refusal_and_nothing_more_is_asked(misbehaving: Any) -> None:
    bank = misbehaving(Script(answer(402, DECLINED)))
    assert charge(bank) == Declined("ch_1", "insufficient_funds", "Saldo insuficiente")
    assert len(bank.requests) == 1


@pytest.mark.parametrize(
    ("said", "code", "message"),
    [
        ({"decline_code": "new_reason"}, "other", "Saldo insuficiente"),
        ({"decline_code": None}, "other", "Saldo insuficiente"),
        ({"decline_code": ["other"], "message": None}, "other", ""),
        ({"message": "a\x00b\n" + "c" * 300}, "insufficient_funds", "a b " + "c" * 196),
    ],
)
def test_a_refusal_of_a_kind_that_we_do_not_know_is_still_a_refusal(
    misbehaving: Any, said: dict[str, Any], code: str, message: str
) -> None:
    refusal = charge(misbehaving(Script(answer(402, DECLINED | said))))
    assert isinstance(refusal, Declined)
    assert (refusal.code, refusal.message) == (code, message)


DOUBTFUL_REFUSALS = {
    "a garbled 402": answer(402, b"<html>"),
    "a 402 that says approved": answer(402, APPROVED),
    "a 402 of another reference": answer(402, DECLINED | {"reference": "SP-2026-000002"}),
    "a 402 of another amount": answer(402, DECLINED | {"amount": "1.00"}),
    "a key used before": answer(409, {"code": "idempotency_mismatch"}),
}
WHAT_THE_BANK_SAYS_WHEN_ASKED = {
    "declined": (answer(200, DECLINED), Declined),
    "approved": (answer(200, APPROVED), Approved),
    "never received": (answer(404, PROBLEM), Unknown),
    "nothing useful": (answer(503, PROBLEM), Unknown),
    "another payment": (answer(200, APPROVED | {"reference": "other"}), Unknown),
}


@pytest.mark.parametrize("post", DOUBTFUL_REFUSALS.values(), ids=DOUBTFUL_REFUSALS)
@pytest.mark.parametrize("told", WHAT_THE_BANK_SAYS_WHEN_ASKED)
def test_a_doubtful_refusal_is_settled_by_asking_or_stays_unknown(misbehaving: Any, post: bytes, told: str) -> None:
    question, kind = WHAT_THE_BANK_SAYS_WHEN_ASKED[told]
    bank = misbehaving(Script(post, question))
    outcome = charge(bank)
    assert bank.requests[1:] == [f"GET /v1/charges?idempotency_key={KEY} HTTP/1.1"]
    assert isinstance(outcome, kind)


@pytest.mark.parametrize("body", [b"<html>not found</html>", b"", [], {"message": "no"}, {"code": 404}])
def test_a_404_that_the_bank_did_not_say_is_no_proof_that_it_never_received_the_charge(
    misbehaving: Any, body: Any
) -> None:
    assert find(misbehaving(Script(question=answer(404, body)))) == Unknown("unexpected_status")
    assert find(misbehaving(Script(question=answer(404, PROBLEM)))) == NeverReceived()


@pytest.mark.parametrize("body", USELESS_CHARGES.values(), ids=USELESS_CHARGES)
def test_what_cannot_be_read_when_asked_stays_unknown(misbehaving: Any, body: Any) -> None:
    assert isinstance(find(misbehaving(Script(question=answer(200, body)))), Unknown)


@pytest.mark.parametrize("status", [401, 403])
def test_a_bank_that_refuses_our_key_raises_the_alarm(misbehaving: Any, status: int) -> None:
    bank = misbehaving(Script(answer(status, PROBLEM), answer(status, PROBLEM)))
    with structlog.testing.capture_logs() as logs:
        assert charge(bank) == NotSent("unauthorized")
        assert find(bank) == Unknown("unauthorized")
        with pytest.raises(BankUnavailable):
            Bank(bank.url, API_KEY, PATIENT).validate_account(CARD)
    assert [line["log_level"] for line in logs if line.get("alarm")] == ["critical"] * 3


VALIDATIONS = {
    "5xx": answer(500, PROBLEM),
    "garbage": answer(200, b"<html>"),
    "no token": answer(200, {"masked_account": "****4821", "bank_name": "Banco"}),
    "endless token": answer(200, {"account_token": "x" * 501, "masked_account": "1", "bank_name": "Banco"}),
    "a 404 of something else": answer(404, b"<html>"),
    "a 429 of something on the way": answer(429, b""),
    "a 422 without a reason": answer(422, {}),
    "a redirect": answer(302, b"", head="Location: /\r\n"),
    "closed": b"",
}


@pytest.mark.parametrize("post", VALIDATIONS.values(), ids=VALIDATIONS)
def test_a_validation_without_a_usable_answer_says_nothing_about_the_account(misbehaving: Any, post: bytes) -> None:
    with pytest.raises(BankUnavailable):
        Bank(misbehaving(Script(post)).url, API_KEY, PATIENT).validate_account(CARD)


@pytest.mark.parametrize(
    "body", [b"<html>", {}, [], [BAP] * 201, [{}], [{"code": "BAP"}], [{"code": "BAP", "name": 1}], ["BAP"]]
)
def test_a_list_of_entities_that_cannot_be_read_is_unavailable(misbehaving: Any, body: Any) -> None:
    with pytest.raises(BankUnavailable):
        Bank(misbehaving(Script(question=answer(200, body))).url, API_KEY, PATIENT).banks()


def test_an_entity_that_comes_twice_is_listed_once(misbehaving: Any) -> None:
    listed = [BAP, {"code": "BAP", "name": "Another"}, {"code": "B<b>", "name": "<script>alert(1)</script>"}]
    entities = Bank(misbehaving(Script(question=answer(200, listed))).url, API_KEY, PATIENT).banks()
    assert [(one.code, one.name) for one in entities] == [("BAP", "Banco"), ("B<b>", "<script>alert(1)</script>")]


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
    bank = misbehaving(script)
    started = time.monotonic()
    assert isinstance(charge(bank, QUICK), Unknown)
    assert time.monotonic() - started < QUICK.total + 2


@pytest.mark.parametrize("body", [b"x" * (40 * MAX_BODY), UNREADABLE_CHARGES["a bomb"]], ids=["long", "a bomb"])
def test_a_large_answer_takes_little_memory(misbehaving: Any, body: bytes) -> None:
    bank = misbehaving(Script(answer(201, body, head="Content-Encoding: gzip\r\n")))
    tracemalloc.start()
    assert isinstance(charge(bank), Unknown)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10 * MAX_BODY


def test_nothing_secret_reaches_a_log_or_a_printed_value(misbehaving: Any) -> None:
    scripts = [
        Script(answer(201, APPROVED)),
        Script(answer(422, PROBLEM)),
        Script(answer(401, PROBLEM)),
        Script(answer(409, PROBLEM)),
        Script(),
    ]
    with structlog.testing.capture_logs() as logs:
        for script in scripts:
            bank = Bank(misbehaving(script).url, API_KEY, PATIENT)
            bank.charge(TOKEN, AMOUNT, REFERENCE, KEY)
            with pytest.raises(BankUnavailable):
                bank.validate_account(CARD)
    written = repr(logs) + repr(CARD)
    assert len(logs) >= 2 * len(scripts)
    assert not [secret for secret in (TOKEN, DOCUMENT, DIGITS, API_KEY) if secret in written]
