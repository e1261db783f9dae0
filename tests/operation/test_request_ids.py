"""One id leads from a page to all that follows from it, in every process; and a line tells nothing personal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import UserSession
from tests.journeys.stack import Portal, private_folder, running_portal
from tests.operation import newcomer
from tests.operation.walker import Walker
from tests.processes import until

# Nothing of these stands in any line, however much is logged.
TYPED = ["codigocanario123456", "tokencanario98765", "canariobuscado"]
CANARIES = [*newcomer.PERSONAL, *newcomer.HEIR.values(), *TYPED]


@pytest.fixture(params=[("sqlite", "DEBUG"), ("postgresql", "INFO")], ids=["sqlite-debug", "postgresql-info"])
def portal(request: pytest.FixtureRequest, memory: Path) -> Iterator[Portal]:
    kind, level = request.param
    with private_folder(memory, f"logs-{kind}") as folder:
        if kind == "sqlite":
            url = f"sqlite:///{folder}/portal.sqlite"
        else:
            url = request.getfixturevalue("postgres").create("logs")
        with running_portal(url, folder, LOG_LEVEL=level) as one:
            yield one


def test_a_sale_is_one_id_in_every_process_and_nothing_personal_in_any_line(portal: Portal) -> None:
    with closing(Walker(portal.url)) as walker:
        secrets = newcomer.opens_an_account(walker, portal)
        secrets |= newcomer.buys(walker, portal)
        for path in (f"/verificar/{TYPED[1]}", f"/verificar?codigo={TYPED[0]}", f"/nada/{TYPED[2]}?q={TYPED[2]}"):
            walker.go(path)
        secrets |= walker.secrets
    with portal.app.app_context():
        secrets |= set(db.session.scalars(select(UserSession.token_hash)))

    written = {part: lines(portal, part) for part in ("web", "workers")}
    one_id_leads_through(portal, written)
    said = "\n".join((portal.logs / f"{part}.log").read_text() for part in written)
    assert [canary for canary in CANARIES if canary.casefold() in said.casefold()] == []
    assert [secret for secret in secrets if secret in said] == []
    assert [
        digits for digits in (newcomer.FIRST_DIGITS, newcomer.SECOND_DIGITS) if re.search(rf'"{digits}"', said)
    ] == []


def lines(portal: Portal, part: str) -> list[dict[str, Any]]:
    """What a process wrote: every line is one object."""
    return [json.loads(line) for line in (portal.logs / f"{part}.log").read_text().splitlines()]


def one_id_leads_through(portal: Portal, written: dict[str, list[dict[str, Any]]]) -> None:
    pressed = [line for line in written["web"] if line.get("route", "") == "/compras/<public_id>/<slug>"]
    paid = pressed[-1]
    assert {"method", "status", "ms", "account_id", "request_id"} <= paid.keys()
    presses = {line["request_id"] for line in pressed if line["method"] == "POST"}
    (charged,) = [line for line in written["workers"] if line.get("outcome") == "Approved"]
    assert charged["request_id"] in presses
    assert all(isinstance(line["account_id"], int | None) for line in pressed)
    for job in ("workers.documents.render", "workers.mail.send"):
        until(partial(done, portal, job, charged["request_id"]), f"the line of {job}")
    mails = [message_from_bytes(mail.raw) for mail in portal.letters.to(newcomer.EMAIL)]
    assert charged["request_id"] in {mail["X-Request-ID"] for mail in mails}


def done(portal: Portal, job: str, request_id: str) -> bool:
    wanted = {"event": "job_performed", "job": job, "request_id": request_id}
    return any(wanted.items() <= line.items() for line in lines(portal, "workers"))
