"""What is asked too often is refused, and another's asking costs nobody theirs."""

from __future__ import annotations

import pytest

from portal.web.paging import LARGEST_KEY
from tests.client import PageClient


def token_of(client: PageClient, path: str) -> str:
    return str(client.get(path).document.xpath("//input[@name='csrf_token']/@value")[0])


# By account, with nothing in the form: what is refused for its shape counts as well.
BY_ACCOUNT = {
    "/perfil/correo": ("customer", 60),
    "/perfil/correo/codigo": ("customer", 10),
    "/perfil/correo/confirmar": ("customer", 60),
    "/gestion/buscar": ("collaborator", 30),
    "/gestion/clientes/1": ("collaborator", 30),
}


@pytest.mark.parametrize("path", BY_ACCOUNT)
def test_an_account_asks_so_often_and_no_more(app, make, path):
    role, most = BY_ACCOUNT[path]
    busy, other = (PageClient(app).sign_in(getattr(make, role)()) for _ in range(2))
    token = token_of(busy, "/perfil/clave")
    statuses = [busy.raw.post(path, data={"csrf_token": token}).status_code for _ in range(most + 1)]
    assert 429 not in statuses[:-1]
    assert statuses[-1] == 429
    assert other.raw.post(path, data={"csrf_token": token_of(other, "/perfil/clave")}).status_code != 429


@pytest.mark.parametrize("role", ["customer", "collaborator"])
def test_a_typed_code_is_no_mail_and_asking_for_another_is(app, make, role):
    busy = PageClient(app).sign_in(getattr(make, role)())
    token = token_of(busy, "/perfil/clave")
    limited = [
        rule.rule.replace("<number>", "MA-2026-000001").replace(f"<int(max={LARGEST_KEY}):account_id>", "1")
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and "/polizas/" in rule.rule and rule.rule.endswith("/codigo")
    ]
    assert len(limited) >= 3
    for path in (one for one in limited if one.startswith("/gestion/") == (role == "collaborator")):
        typed = [busy.raw.post(path, data={"csrf_token": token, "codigo": "1"}).status_code for _ in range(12)]
        assert 429 not in typed, path
        asked = [busy.raw.post(path, data={"csrf_token": token, "enviar": "1"}).status_code for _ in range(11)]
        assert asked[-1] == 429, path


def test_an_address_asks_for_so_many_documents_an_hour(app):
    visitor = PageClient(app)
    token = token_of(visitor, "/recuperar")

    def ask(number: int, address: str) -> int:
        typed = {"csrf_token": token, "tipo_documento": "DNI", "numero_documento": f"{70_000_000 + number}"}
        return visitor.raw.post("/recuperar", data=typed, environ_base={"REMOTE_ADDR": address}).status_code

    statuses = [ask(number, "203.0.113.9") for number in range(121)]
    assert set(statuses[:-1]) == {303}
    assert statuses[-1] == 429
    assert ask(121, "203.0.113.10") == 303


def test_a_document_is_asked_for_so_often_a_minute_from_wherever(app):
    visitor = PageClient(app)
    token = token_of(visitor, "/recuperar")
    typed = {"csrf_token": token, "tipo_documento": "DNI", "numero_documento": "70000000"}
    statuses = [
        visitor.raw.post("/recuperar", data=typed, environ_base={"REMOTE_ADDR": f"203.0.113.{number}"}).status_code
        for number in range(31)
    ]
    assert 429 not in statuses[:-1]
    assert statuses[-1] == 429


@pytest.mark.parametrize("shared", [{"correo": "una@example.com"}, {"numero_documento": "70000000"}])
def test_sign_ups_of_one_mailbox_or_document_ask_together_for_so_many_codes_an_hour(app, make, clock, shared):
    tokens = [make.signup(**shared) for _ in range(13)]
    other = make.signup()
    clock(seconds=61)
    visitor = PageClient(app)
    token = token_of(visitor, "/recuperar")

    def resend(signup: str) -> int:
        return visitor.raw.post(f"/activar/{signup}/reenviar", data={"csrf_token": token}).status_code

    statuses = [resend(signup) for signup in tokens]
    assert set(statuses[:-1]) == {303}
    assert statuses[-1] == 429
    assert resend(other) == 303
