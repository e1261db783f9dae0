"""An empty production: its first people of the staff come by a command and by mail, and decide together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import lxml.html
import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal import create_app
from portal.extensions import db
from portal.models import AuditEntry
from portal.settings import Settings
from sandbox.harness import RunningMailbox
from tests import applications, servers
from tests.databases import migrate
from tests.draining import drain

PRODUCTION = {
    "PORTAL_ENV": "production",
    "BASE_URL": "https://portal.massiv.example",
    "SECRET_KEY": "of this production alone: 8e1b5c7a94d2",
    "SUPPORT_PHONE": "(01) 615 1515",
    "TRUSTED_PROXIES": "1",
}
OWN = "faro madera trigo lluvia"


@pytest.fixture
def production(
    app: Flask, portal_env: dict[str, str], postgres: servers.PostgresServer, tmp_path: Path
) -> Iterator[Flask]:
    """A portal in production over a database without anybody. `app` lends its servers."""
    own = {"DATABASE_URL": postgres.create("production"), "PORTAL_DATA": str(tmp_path)}
    with applications.extensions_kept():
        made = create_app(Settings.from_env(portal_env | PRODUCTION | own))
        migrate(made)
        yield made
        applications.close(made)


class Member:
    """Somebody of the staff in their browser, with the application of codes on their phone."""

    def __init__(self, app: Flask, username: str) -> None:
        self.username = username
        self._http: FlaskClient = app.test_client()

    def get(self, path: str) -> TestResponse:
        return self._http.get(path, base_url=PRODUCTION["BASE_URL"], follow_redirects=True)

    def send(self, page: TestResponse, action: str = "", **typed: str) -> TestResponse:
        """The page's form that has these fields, or names them as buttons, and leads to `action`."""
        document = lxml.html.document_fromstring(page.text)
        forms = [one for one in document.forms if one.method == "POST" and _has(one, typed)]
        form = next(one for one in forms if str(one.get("action")).startswith(action))
        sent = dict(form.form_values()) | typed
        base, origin = PRODUCTION["BASE_URL"], {"Referer": PRODUCTION["BASE_URL"] + "/"}
        address = form.get("action")
        return self._http.post(address, data=sent, headers=origin, base_url=base, follow_redirects=True)

    def comes_in(self, initial: str) -> TestResponse:
        """For the first time: by the mailed password, one of their own, and a new second step."""
        page = self.send(self.get("/ingresar"), usuario=self.username, clave=initial)
        page = self.send(page, nueva=OWN, repetida=OWN)
        page = self.get("/gestion") if "segundo paso" not in page.text else page
        assert "Active su segundo paso" in page.text
        page = self.send(page, action="/segundo-paso/activar")
        (address,) = lxml.html.document_fromstring(page.text).xpath("//a[starts-with(@href, 'otpauth:')]/@href")
        totp = pyotp.parse_uri(str(address))
        assert isinstance(totp, pyotp.TOTP)
        return self.send(page, codigo=totp.now())


def _has(form: lxml.html.FormElement, names: dict[str, str]) -> bool:
    return all(form.xpath(f".//*[@name='{name}']") for name in names)


def add(app: Flask, username: str, document: str) -> None:
    command = ["staff", "add", username, "--role", "supervisor", "--email", f"{username}@massiv.example"]
    command += ["--document", document, "--names", "Ana", "--surname", "Torres", "--birth-date", "09/03/1985"]
    done = app.test_cli_runner().invoke(args=command)
    assert done.exit_code == 0, done.output


def mailed(mailbox: RunningMailbox, address: str) -> str:
    """The initial password that came to an address."""
    (mail,) = [one for one in mailbox.store.mails() if one.envelope_to == [address]]
    assert "http" not in (mail.body("plain") or "")
    (found,) = re.findall(r"Su contraseña inicial: (\S+)", mail.body("plain") or "")
    return str(found)


@pytest.mark.one_database
def test_the_first_supervisors_of_an_empty_production_come_by_mail_and_decide(
    production: Flask, mailbox: RunningMailbox
) -> None:
    for username, document in (("ana.torres", "41234567"), ("luz.rojas", "42345678")):
        add(production, username, document)
    drain(production)
    ana, luz = (Member(production, name) for name in ("ana.torres", "luz.rojas"))
    for member in (ana, luz):
        page = member.comes_in(mailed(mailbox, f"{member.username}@massiv.example"))
        assert page.status_code == 200
        assert "Mi escritorio" in member.get("/gestion").text

    page = ana.send(
        ana.get("/gestion/personal-nuevo"),
        usuario="carmen.salas",
        funcion="collaborator",
        agencia="CUS-1",
        correo="carmen.salas@massiv.example",
        tipo_documento="DNI",
        numero_documento="41555203",
        nombres="Carmen",
        apellido_paterno="Salas",
        fecha_nacimiento="03/11/1985",
    )
    assert "Falta otro supervisor" in page.text
    page = luz.send(luz.get("/gestion/personal/carmen.salas"), confirmar="1")
    assert "Confirmado." in page.text
    drain(production)
    carmen = Member(production, "carmen.salas")
    carmen.comes_in(mailed(mailbox, "carmen.salas@massiv.example"))
    assert "Caja" in carmen.get("/gestion").text
    with production.app_context():
        done = [entry.action for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert [one for one in done if one.startswith("staff.")] == ["staff.add"] * 2 + ["staff.propose", "staff.accept"]


@pytest.mark.one_database
def test_the_demo_refuses_there_in_words(production: Flask) -> None:
    for command in (["demo"], ["codigo", "carmen.ventas"]):
        refused = production.test_cli_runner().invoke(args=command)
        assert refused.exit_code == 1
        assert isinstance(refused.exception, SystemExit), "no traceback"
        assert "staff add" in refused.output
