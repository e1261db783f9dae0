"""The sandbox bank: `python -m sandbox.bank --port 8090 --ledger var/bank.sqlite`, with BANK_API_KEY set.

Keeps sandbox/openapi.yaml wholly; sandbox/scenarios.py has what its answers are chosen by. Beside the contract, for
people and tests: `/ledger` lists what was charged, given back and paid, `/health` tells which instance answers.
"""

from __future__ import annotations

import argparse
import hmac
import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from sandbox import contract
from sandbox.ledger import Entry, KeyMismatch, Ledger, NoSuchCharge, NotSettled
from sandbox.movements import Kind, NoSuchAccount, TokenExpired
from sandbox.scenarios import PLAIN, TEST_CARDS, Twist
from sandbox.server import announce, serve_until_signal, server

Answer = tuple[Response, int]


@dataclass(frozen=True)
class Pauses:
    """Seconds of the scenarios that make one wait."""

    slow: float = 4.0
    hangs: float = 60.0


def create_app(
    ledger: Ledger,
    api_key: str,
    instance: str,
    stopping: threading.Event,
    pauses: Pauses | None = None,
) -> Flask:
    """The bank as a Flask application; requests that wait let go when `stopping` is set."""
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]  # of Flask's own provider
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.register_blueprint(_contract_routes(ledger, api_key, stopping, pauses or Pauses()))

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="ok", instance=instance)

    @app.get("/ledger")
    def books() -> Response:
        return jsonify(ledger.entries())

    @app.errorhandler(HTTPException)
    def http_problem(error: HTTPException) -> Answer:
        return _problem(error.name.lower().replace(" ", "_"), error.code or 500)

    return app


def _contract_routes(ledger: Ledger, api_key: str, stopping: threading.Event, pauses: Pauses) -> Blueprint:
    v1 = Blueprint("v1", __name__, url_prefix="/v1")
    v1.before_request(_key_check(api_key))
    _problems(v1)

    @v1.get("/banks")
    def banks() -> Response:
        return jsonify([{"code": code, "name": name} for code, name in contract.ENTITIES.items()])

    @v1.post("/accounts/validate")
    def validate() -> Answer:
        return _validate(ledger, contract.card_of_person(_body()))

    @v1.post("/charges")
    def charge() -> Answer:
        return _moved(ledger.charge(_idempotency_key(), contract.charge_order(_body())), pauses, stopping)

    @v1.post("/charges/<charge_id>/refunds")
    def refund(charge_id: str) -> Answer:
        order = contract.refund_order(charge_id, _body())
        return _moved(ledger.refund(_idempotency_key(), order), pauses, stopping)

    @v1.post("/payouts")
    def payout() -> Answer:
        return _moved(ledger.payout(_idempotency_key(), contract.payout_order(_body())), pauses, stopping)

    @v1.get("/charges", defaults={"kind": "charge"})
    @v1.get("/refunds", defaults={"kind": "refund"})
    @v1.get("/payouts", defaults={"kind": "payout"})
    def find(kind: Kind) -> Answer:
        shown = ledger.found(contract.idempotency_key(request.args.get("idempotency_key")), kind)
        return (jsonify(shown), 200) if shown else _problem("not_found", 404)

    @v1.get("/settlements/<day>")
    def settlement(day: str) -> Response:
        return jsonify(ledger.settlement(contract.day(day)))

    return v1


def _key_check(api_key: str) -> Callable[[], Answer | None]:
    expected = f"Bearer {api_key}".encode()

    def check() -> Answer | None:
        given = request.headers.get("Authorization", "").encode()
        return None if hmac.compare_digest(given, expected) else _problem("unauthorized", 401)

    return check


def _problems(v1: Blueprint) -> None:
    """What the ledger and the contract refuse, in the contract's words."""
    refusals: dict[type[Exception], tuple[str, int]] = {
        contract.Malformed: ("invalid_request", 422),
        KeyMismatch: ("idempotency_mismatch", 409),
        TokenExpired: ("token_expired", 422),
        NoSuchAccount: ("account_not_found", 422),
        NoSuchCharge: ("charge_not_found", 404),
        NotSettled: ("not_known_yet", 404),
    }
    for refusal, (code, status) in refusals.items():
        v1.register_error_handler(refusal, lambda error, code=code, status=status: _problem(code, status, str(error)))


def _moved(entry: Entry | None, pauses: Pauses, stopping: threading.Event) -> Answer:
    """The answer to an order, as its scenario wants it. Nothing is locked while it waits."""
    if entry is None:
        return _problem("internal_error", 500)
    if entry.twist is Twist.SLOW:
        stopping.wait(pauses.slow)
    if entry.twist is Twist.HANGS:
        stopping.wait(pauses.hangs)
    if entry.twist in (Twist.HANGS, Twist.BREAKS_AFTER):
        return _problem("internal_error", 500)
    return jsonify(entry.shown), 201 if entry.shown["status"] == "approved" else 402


def _validate(ledger: Ledger, card: contract.CardOfPerson) -> Answer:
    person = f"{card.document_type} {card.document_number}"
    twist = TEST_CARDS.get(card.card_last4, PLAIN).twist
    if twist is Twist.TOO_MANY or not ledger.may_try(person):
        return _problem("too_many_attempts", 429)
    if twist is Twist.NOT_FOUND:
        ledger.note_failed_try(person)
        return _problem("account_not_found", 404)
    if card.expired_on(ledger.now().astimezone(contract.LIMA).date()):
        return _problem("card_expired", 422)
    account = {
        "account_token": ledger.new_token(card.card_last4),
        "masked_account": f"****{card.card_last4}",
        "bank_name": contract.ENTITIES[card.bank_code],
    }
    return jsonify(account), 200


def _body() -> Any:
    return request.get_json(force=True, silent=True)


def _idempotency_key() -> str:
    return contract.idempotency_key(request.headers.get("Idempotency-Key"))


def _problem(code: str, status: int, message: str = "") -> Answer:
    return jsonify(code=code, message=message), status


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.bank", description="A bank for development, on loopback.")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one and prints it")
    parser.add_argument("--ledger", type=Path, required=True, help="SQLite file of the bank's books")
    parser.add_argument("--instance", default=secrets.token_hex(8), help="what /health answers")
    given = parser.parse_args()
    api_key = os.environ.get("BANK_API_KEY", "")
    if not api_key:
        parser.error("BANK_API_KEY is missing in the environment")
    stopping = threading.Event()
    ahead = timedelta(seconds=int(os.environ.get("CLOCK_OFFSET_SECONDS") or 0))  # as far as the portal's clock
    books = Ledger(given.ledger, lambda: datetime.now(UTC) + ahead)
    web = server(create_app(books, api_key, given.instance, stopping), given.port)
    announce("bank", port=web.server_port, instance=given.instance)
    serve_until_signal(web, stopping)


if __name__ == "__main__":
    main()
