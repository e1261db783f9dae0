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
from tests.factories import ACCIDENT
from tests.journeys.stack import Portal, code_in, private_folder, running_portal, text_of
from tests.operation.walker import Walker
from tests.processes import until

# Nothing of these stands in any line, however much is logged.
NAMES, PATERNAL, MATERNAL = "Canarina", "Xilófonez", "Yunquehuanca"
DOCUMENT, PHONE = "71935264", "918273645"
ADDRESS, EMAIL = "Jirón Canario Amarillo 8642", "canarina.xilo@nidodepajaros.example"
PASSWORD, WRONG_PASSWORD = "alpiste jaula trino plumaje", "zorzal equivocado tremendo"
FIRST_DIGITS, SECOND_DIGITS = "0001", "7359"
HEIR = {"nombres": "Herederina", "apellidos": "Quetzalcóndor", "numero_documento": "46813579"}
TYPED = ["codigocanario123456", "tokencanario98765", "canariobuscado"]
PERSONAL = [NAMES, PATERNAL, MATERNAL, DOCUMENT, PHONE, ADDRESS, EMAIL, PASSWORD, WRONG_PASSWORD]
CANARIES = [*PERSONAL, *HEIR.values(), *TYPED]


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
        secrets = opens_an_account(walker, portal)
        secrets |= buys(walker, portal)
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
    assert [digits for digits in (FIRST_DIGITS, SECOND_DIGITS) if re.search(rf'"{digits}"', said)] == []


def opens_an_account(walker: Walker, portal: Portal) -> set[str]:
    """With a code and a password mistyped on the way. The secrets that were mailed."""
    walker.go("/crear-cuenta")
    walker.send(
        tipo_documento="DNI",
        numero_documento=DOCUMENT,
        nombres=NAMES,
        apellido_paterno=PATERNAL,
        apellido_materno=MATERNAL,
        fecha_nacimiento="27/08/1994",
        celular=PHONE,
        correo=EMAIL,
        direccion=ADDRESS,
        departamento="15",
        provincia="1501",
        distrito="150131",
    )
    assert EMAIL in walker.page.text
    walker.send(acepta="y")
    mail = portal.letters.wait(EMAIL, "Su código para abrir su cuenta")
    (link,) = re.findall(rf"{re.escape(portal.url)}(/activar/\S+)", text_of(mail))
    code = code_in(mail)
    walker.go(link)
    walker.send(codigo="000000" if code != "000000" else "000001")
    walker.send(codigo=code)
    words = text_of(portal.letters.wait(EMAIL, "Su usuario y su contraseña inicial"))
    (user,) = re.findall(r"Su usuario: (\S+)", words)
    (initial,) = re.findall(r"Su contraseña inicial: (\S+)", words)
    walker.go("/ingresar")
    walker.send(usuario=user, clave=WRONG_PASSWORD)
    assert "sesión" not in walker.page.url.path
    walker.send(usuario=user, clave=initial)
    walker.send(nueva=PASSWORD, repetida=PASSWORD)
    assert walker.page.status_code == 200
    return {link.rpartition("/")[2], code, user, initial}


def buys(walker: Walker, portal: Portal) -> set[str]:
    """Twice: with a card that is refused, and with one that is charged. The codes that were mailed."""
    codes = set()
    heir = HEIR | {"parentesco": "hijo", "tipo_documento": "DNI", "fecha_nacimiento": "09/03/2001", "porcentaje": "100"}
    for digits, ends in ((FIRST_DIGITS, "no aprobó el pago"), (SECOND_DIGITS, "Su póliza")):
        walker.go(f"/cotizar/{ACCIDENT}/plan-2")
        walker.send(asegurado="yo", cuando="pronto")
        walker.send(acepta="y")
        walker.send(**heir)
        codes.add(pays(walker, portal, digits, ends))
    return codes


def pays(walker: Walker, portal: Portal, digits: str, ends: str) -> str:
    """Through the steps from the card on, until the mail that says how it ended. The code that was mailed."""
    bank = walker.options("banco")[0]
    walker.send(forma="cuenta", banco=bank, digitos=digits, mes="12", anio=walker.options("anio")[-1])
    code = portal.letters.code(EMAIL)
    walker.send(codigo=code)
    walker.send(acepta="y")
    walker.send(monto=amount(walker))
    portal.letters.wait(EMAIL, ends)
    return code


def amount(walker: Walker) -> str:
    (found,) = set(re.findall(r'name="monto"[^>]*value="([^"]+)"', walker.page.text))
    return str(found)


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
    mails = [message_from_bytes(mail.raw) for mail in portal.letters.to(EMAIL)]
    assert charged["request_id"] in {mail["X-Request-ID"] for mail in mails}


def done(portal: Portal, job: str, request_id: str) -> bool:
    wanted = {"event": "job_performed", "job": job, "request_id": request_id}
    return any(wanted.items() <= line.items() for line in lines(portal, "workers"))
