"""A bank that keeps the contract and misbehaves all the same: it moves money as the sandbox's bank does, and what it
answers is lost, late, broken or odd. It stands at an address of its own, over real HTTP."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx

from tests.processes import PATIENCE
from tests.serving import serving

Said = tuple[int, bytes]
Twist = Callable[[Said], Said | None]

_HTML = b"<html><h1>Bad Gateway</h1><script>alert(1)</script></html>"


def _changed(**values: Any) -> Twist:
    def twist(said: Said) -> Said:
        status, body = said
        return status, json.dumps(json.loads(body) | values).encode()

    return twist


def _renamed(old: str, new: str) -> Twist:
    return lambda said: (said[0], said[1].replace(old.encode(), new.encode()))


#: What becomes of a true answer. None: the connection ends without one.
TWISTS: dict[str, Twist] = {
    "true": lambda said: said,
    "lost": lambda said: None,
    "500": lambda said: (500, said[1]),
    "503 of something on the way": lambda said: (503, _HTML),
    "accepted for later": lambda said: (202, said[1]),
    "no content": lambda said: (204, b""),
    "a redirection": lambda said: (302, b""),
    "garbage": lambda said: (said[0], b"\x00\xff{not json"),
    "nothing": lambda said: (said[0], b""),
    "half": lambda said: (said[0], said[1][: len(said[1]) // 2]),
    "a list": lambda said: (said[0], b"[" + said[1] + b"]"),
    "another amount": _changed(amount="1.00"),
    "an amount as number": _changed(amount=72.92),
    "an amount with three decimals": _changed(amount="72.920"),
    "another currency": _changed(currency="USD"),
    "another reference": _changed(reference="SP-2026-999999"),
    "another status": _changed(status="pending"),
    "an id without end": _changed(charge_id="x" * 10_000),
    "an id with a control character": _changed(charge_id="ch\x00\x1b[31m"),
    "everything twice": lambda said: (said[0], said[1].rstrip().rstrip(b"}") + b"," + said[1].lstrip().lstrip(b"{")),
    "approved for declined and the other way round": lambda said: ({201: 402, 402: 201}.get(said[0], said[0]), said[1]),
    "a clock of the past": _changed(processed_at="1999-12-31T23:59:59-05:00"),
    "a clock of the future": _changed(processed_at="2099-01-01T00:00:00Z"),
    "words that nobody asked for": _changed(message="<script>alert(1)</script>", other={"deep": [[[]]]}),
}
#: Answers to a charge that never reached the books: by the contract a 4xx says that nothing moved.
REFUSED_AT_THE_DOOR: list[Said] = [
    (400, b'{"code": "bad_request"}'),
    (401, b'{"code": "unauthorized"}'),
    (403, _HTML),
    (422, b'{"code": "token_expired"}'),
    (429, b""),
]


@dataclass
class Plan:
    """What happens to the requests about one payment: `charge` names what becomes of the answer to its first sending,
    `arrives` is whether and when that reaches the books ("now", "late", "never"), `questions` of those to come."""

    arrives: str = "now"
    charge: str | Said = "true"
    questions: list[str] = field(default_factory=list)


@dataclass
class CrookedBank:
    """`plans` by the payment's number, or the one under `None`; healed, it is as honest as the one behind it."""

    behind: str
    url: str = ""
    healed: bool = False
    plans: dict[str | None, Plan] = field(default_factory=dict)
    _numbers: dict[str, str] = field(default_factory=dict)
    _late: list[Callable[[], Any]] = field(default_factory=list)

    def let_the_late_arrive(self) -> None:
        """What was on its way reaches the books."""
        while self._late:
            self._late.pop()()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Said | None:
        """What the portal gets for a request; None when the connection just ends."""

        def pass_on() -> Said:
            answer = httpx.request(
                method, self.behind + path, headers=headers, content=body, timeout=PATIENCE, trust_env=False
            )
            return answer.status_code, answer.content

        if method == "POST" and path == "/v1/charges":
            number = self._numbers[headers["Idempotency-Key"]] = json.loads(body)["reference"]
            return self._charge(self.plans.get(number) or Plan(), pass_on)
        if path.startswith("/v1/charges?"):
            plan = self.plans.get(self._numbers.get(path.partition("=")[2])) or Plan()
            said = pass_on()
            twist = plan.questions.pop(0) if plan.questions and not self.healed else "true"
            return (
                TWISTS[twist](said) if said[0] == 200 or twist in ("true", "lost", "500", "garbage") else (503, _HTML)
            )
        return pass_on()

    def _charge(self, plan: Plan, pass_on: Callable[[], Said]) -> Said | None:
        charge, plan.charge = ("true" if self.healed else plan.charge), "true"
        arrives, plan.arrives = ("now" if self.healed else plan.arrives), "now"
        if not isinstance(charge, str):
            return charge
        if arrives == "late":
            self._late.append(pass_on)
        if arrives != "now":
            return None if charge == "lost" else (503, _HTML)
        said = pass_on()
        return TWISTS[charge](said) if said[0] in (201, 402) else said


@contextmanager
def crooked_bank(behind: str) -> Iterator[CrookedBank]:
    """The bank until the block ends."""
    bank = CrookedBank(behind)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            kept = ("Authorization", "Idempotency-Key", "Content-Type")
            headers = {name: self.headers[name] for name in kept if name in self.headers}
            said = bank.answer(self.command, self.path, headers, body)
            if said is None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            status, payload = said
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if payload is _HTML else "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.send_header("Location", "https://elsewhere.example/")
            self.end_headers()
            if status != 204:
                self.wfile.write(payload)

    with serving(Handler) as bank.url:
        yield bank
