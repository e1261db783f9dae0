"""What each process writes: one JSON object a line, with the request's id, and of a failure its kind and place only."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.extensions import db
from portal.integrations.bank import Bank, ChargeOrder, Unknown
from portal.logs import configure_logs
from portal.models import Message, OutboxRow, Signup
from portal.models.transaction import writing
from portal.services.sale import quoting
from sandbox.mailbox import smtp_server
from tests.client import PageClient
from tests.factories import Factories, Stage
from tests.processes import ROOT, bare_env, until, worker
from tests.services.odd_bank import odd_bank

CANARY = "canarina.xilo@nidodepajaros.example"
PROXYS = "0123456789abcdef0123456789abcdef"

Lines = list[dict[str, Any]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    """What was written since the last time it was asked: `lines()`."""

    def lines() -> Lines:
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return lines


@pytest.fixture
def at_debug() -> Iterator[None]:
    configure_logs("DEBUG")
    yield
    configure_logs("INFO")


@pytest.mark.one_database
def test_a_request_is_one_line_with_the_rule_of_its_address(app: Flask, make: Factories, lines: Any) -> None:
    me = make.customer()
    client = PageClient(app).sign_in(me)
    lines()
    answer = client.raw.get("/polizas/MA-2026-000001?clave=secreta")
    (line,) = lines()
    assert (line["event"], line["method"], line["status"]) == ("request", "GET", 404)
    assert line["route"] == "/polizas/<number>"
    assert line["account_id"] == me.account_id
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert line["ms"] > 0
    client.raw.get(f"/nada/{CANARY}")
    assert lines()[-1]["route"] is None


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [
        (0, PROXYS, False),
        (1, PROXYS, True),
        (1, "123e4567-e89b-12d3-a456-426614174000", True),
        (1, "70000001", False),
        (1, "x" * 40, False),
        (1, PROXYS + '"}', False),
    ],
)
def test_an_id_is_taken_from_a_proxy_of_ours_when_it_made_a_good_one(
    app: Flask, monkeypatch: pytest.MonkeyPatch, proxies: int, given: str, is_taken: bool
) -> None:
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], trusted_proxies=proxies))
    found = app.test_client().get("/ingresar", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert (found == given) is is_taken
    assert re.fullmatch(r"[0-9a-f-]{32,36}", found)


@pytest.mark.one_database
def test_a_failure_tells_its_kind_and_place_and_quotes_nothing(
    app: Flask, make: Factories, lines: Any, monkeypatch: pytest.MonkeyPatch, at_debug: None
) -> None:
    def fails(*_given: object, **_named: object) -> None:
        try:
            int(CANARY)
        except ValueError as error:
            raise RuntimeError(f"no quote for {CANARY}") from error

    monkeypatch.setattr(quoting, "get", fails)
    answer = PageClient(app).sign_in(make.customer()).raw.get("/cotizaciones/COT-2026-000001/condiciones")
    assert answer.status_code == 500
    assert CANARY not in answer.text
    assert "RuntimeError" not in answer.text
    written = lines()
    (line,) = [line for line in written if line["event"] == "request_failed"]
    assert [one["kind"] for one in line["exception"]] == ["RuntimeError", "ValueError"]
    assert any("quotes/routes.py" in place for place in line["exception"][0]["at"])
    assert CANARY not in json.dumps(written)


def test_an_error_of_the_database_quotes_no_row(context: None, lines: Any, at_debug: None) -> None:
    log = structlog.get_logger("portal.tests")
    try:
        with writing() as session:
            session.add_all(Signup(token=CANARY, answers={}, email=CANARY) for _ in range(2))
    except IntegrityError:
        log.exception("failed")
    (line,) = [line for line in lines() if line["event"] == "failed"]
    assert line["exception"][0]["kind"].startswith("sqlalchemy.exc.IntegrityError")
    assert CANARY not in json.dumps(line)


@pytest.mark.one_database
@pytest.mark.parametrize("name", ["gunicorn.error", "rq.worker", "sqlalchemy.engine", "httpx", "portal"])
def test_a_library_fills_nothing_into_its_lines_but_numbers(name: str, lines: Any, at_debug: None) -> None:
    library = logging.getLogger(name)
    library.debug("GET /activar/%s", CANARY)
    library.info(f"POST {CANARY}")
    library.warning("job %d of %s", 7, CANARY)
    library.error(f"Invalid request from ip=10.0.0.9: {CANARY}")
    written = lines()
    assert CANARY not in json.dumps(written)
    assert "10.0.0.9" not in json.dumps(written)
    assert "job 7 of …" in [line["event"] for line in written]


@pytest.mark.one_database
def test_a_process_that_ends_by_an_exception_says_so_as_a_line() -> None:
    program = f"from portal.logs import *; configure_logs('INFO'); log_uncaught(); raise ValueError('{CANARY}')"
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=bare_env(), capture_output=True, text=True, check=False
    )
    line = json.loads(ended.stdout)
    assert (ended.returncode, line["event"], line["exception"][0]["kind"]) == (1, "uncaught", "ValueError")
    assert CANARY not in ended.stdout + ended.stderr


@pytest.mark.one_database
def test_the_bank_is_told_the_requests_id() -> None:
    with odd_bank() as odd, structlog.contextvars.bound_contextvars(request_id=PROXYS):
        outcome = Bank(odd.url, "key").find(ChargeOrder("token", Decimal("1.00"), "SP-1"), "k1")
    assert outcome == Unknown("unexpected_status")
    assert odd.request_ids == [PROXYS]


class Refuses:
    """An SMTP server that takes nobody's mail, and says whose it was."""

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, _envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        return f"550 5.1.1 <{address}> is unknown here"


@pytest.mark.one_database
def test_a_refused_mail_names_nobody(app: Flask, make: Factories, portal_env: dict[str, str], tmp_path: Path) -> None:
    make.quote(make.customer(email=CANARY))
    with app.app_context():
        message = db.session.scalars(select(Message)).first()
    if message is None:
        make.purchase(make.customer(email=CANARY), Stage.METHOD)
    log = tmp_path / "log"
    with smtp_server(Refuses()) as port:
        env = {"BASE_URL": "http://localhost", **portal_env, "MAIL_PORT": str(port), "LOG_LEVEL": "DEBUG"}
        with worker(env, "mail", log), worker(env, "schedule", tmp_path / "schedule"):
            until(lambda: _failed(app), "the mail is refused")
    said = log.read_text() + (tmp_path / "schedule").read_text()
    assert [json.loads(line) for line in said.splitlines()]
    assert CANARY not in said


def _failed(app: Flask) -> bool:
    with app.app_context():
        return db.session.scalars(select(OutboxRow.id).where(OutboxRow.state == "failed")).first() is not None


def refusals(lines: Any) -> list[dict[str, Any]]:
    return [line for line in lines() if line["event"] == "request" and 400 <= line["status"] < 500]


@pytest.mark.one_database
def test_each_refusal_says_why_and_quotes_nothing_that_was_typed(app: Flask, make: Factories, lines: Any) -> None:
    client = PageClient(app).sign_in(make.customer())
    raw = client.raw
    lines()
    raw.get(f"/nada/{CANARY}")
    raw.get("/polizas/MA-2026-000001")
    raw.get("/gestion")
    raw.put("/ingresar")
    raw.get("/inicio", headers={"HX-Request": "true", "Cookie": ""})
    client.post("/perfil/clave", {"actual": CANARY, "nueva": CANARY, "repetida": "x"})
    raw.post("/perfil/clave", data={"csrf_token": CANARY, "nueva": CANARY})
    raw.post("/perfil/clave", data={"nueva": CANARY})
    raw.post("/crear-cuenta", data={"nombres": CANARY * 100_000})
    raw.get("/verificar/nadie")
    raw.get("/inicio?x=%00")
    found = refusals(lines)
    assert {line["status"] for line in found} >= {400, 403, 404, 405, 413, 422}
    assert [line for line in found if not line.get("reason")] == []
    assert CANARY not in json.dumps(found)
    said = {line["reason"] for line in found}
    assert {"The CSRF token is missing.", "form", "MethodNotAllowed"} <= said
    assert any("portal.services" in one for one in said), "a NotFound of ours says where"
    (form,) = [line for line in found if line["reason"] == "form"]
    assert form["fields"]


@pytest.mark.one_database
@pytest.mark.parametrize("host", ["portal.massiv.example", "10.0.0.5:8000"])
def test_a_proxy_that_loses_the_hosts_port_is_told_so(
    app: Flask, make: Factories, lines: Any, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_SSL_STRICT", True)
    base = "https://portal.massiv.example:8443"
    client = app.test_client()
    page = client.get("/ingresar", base_url=base)
    (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page.text))
    sent = {"csrf_token": token, "usuario": "x", "clave": "x"}
    with client.session_transaction(base_url=base) as kept:
        held = dict(kept)
    with client.session_transaction(base_url=f"https://{host}") as other:
        other.update(held)
    lines()
    answer = client.post("/ingresar", base_url=f"https://{host}", data=sent, headers={"Referer": f"{base}/ingresar"})
    (line,) = refusals(lines)
    assert (answer.status_code, line["reason"]) == (400, "The referrer does not match the host.")
    assert (line["host"], line["referrer_host"]) == (host, "portal.massiv.example:8443")
    assert "proxy" in line["hint"]
