"""A bank that answers charges as no bank should, over real HTTP, and counts what it is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.serving import serving

PROBLEM = {"code": "some_code"}
NOT_FOUND = (404, {"code": "not_found"})


@dataclass
class OddBank:
    """`charge` and `question` are the status and body of an answer, or a function of the order or key that gives them.
    `orders` are the charges that came, in their order, and `keys` theirs."""

    charge: Any = (500, PROBLEM)
    question: Any = (500, PROBLEM)
    url: str = ""
    keys: list[str] = field(default_factory=list)
    orders: list[dict[str, str]] = field(default_factory=list)
    request_ids: list[str | None] = field(default_factory=list)
    questions: int = 0


@contextmanager
def odd_bank(**answers: Any) -> Iterator[OddBank]:
    """The bank until the block ends."""
    bank = OddBank(**answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            bank.keys.append(self.headers["Idempotency-Key"])
            bank.orders.append(order)
            self._answer(bank.charge, order)

        def do_GET(self) -> None:
            bank.questions += 1
            self._answer(bank.question, self.path)

        def _answer(self, answer: Callable[[Any], tuple[int, Any]] | tuple[int, Any], asked: Any) -> None:
            bank.request_ids.append(self.headers["X-Request-ID"])
            status, body = answer(asked) if callable(answer) else answer
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

    with serving(Handler) as bank.url:
        yield bank


def approved(order: dict[str, str], **other: Any) -> dict[str, Any]:
    """The approval of an order, as the contract writes it, with what is to be wrong in it."""
    return {
        "charge_id": "ch_odd",
        "status": "approved",
        "amount": order["amount"],
        "currency": "PEN",
        "reference": order["reference"],
        "authorization_code": "123456",
        "processed_at": "2026-05-19T15:00:00.123Z",
    } | other
