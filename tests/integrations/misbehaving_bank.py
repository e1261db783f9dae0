"""A bank of raw sockets that answers as its script says: no HTTP library would answer like that."""

from __future__ import annotations

import json
import socket
import struct
import threading
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.integrations.bank import (
    Bank,
    CardOfPerson,
    ChargeOrder,
    Outcome,
    Patience,
)
from tests.processes import PATIENCE

KEY, REFERENCE, AMOUNT = "key-1", "SP-2026-000001", Decimal("72.92")
TOKEN, DOCUMENT, DIGITS, API_KEY = "tok_secret", "45678912", "4821", "api-secret"
CARD = CardOfPerson("BAP", "DNI", DOCUMENT, DIGITS, 8, 2028)
#: For a test that waits for its end, and for no honest answer.
QUICK = Patience(connect=1.0, read=0.5, total=0.8)
PATIENT = Patience(connect=PATIENCE, read=PATIENCE, total=PATIENCE)
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


def charge(bank: MisbehavingBank, patience: Patience = PATIENT) -> Outcome:
    return Bank(bank.url, API_KEY, patience).send(ChargeOrder(TOKEN, AMOUNT, REFERENCE), KEY)


def find(bank: MisbehavingBank) -> Outcome:
    return Bank(bank.url, API_KEY, PATIENT).find(ChargeOrder("token", AMOUNT, REFERENCE), KEY)
