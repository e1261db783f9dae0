"""From "¿Olvidó su contraseña?" to signing in again, with the mail that a person reads on the way."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from portal.domain import clock as portal_clock
from portal.extensions import db
from portal.models import Account
from portal.models.transaction import writing

NEW = "cuatro nubes bajo el mar"


@pytest.fixture
def letter(drain, mailbox):
    """The text of the newest mail."""

    def letter():
        drain()
        return mailbox.store.mails()[0].body("plain")

    return letter


def ask(client, number: str, path: str = "/recuperar"):
    return client.submit(client.get(path), {"tipo_documento": "DNI", "numero_documento": number})


def code_and_link(words: str) -> tuple[str, str]:
    (code,) = re.findall(r"Su código: (\d{6})", words)
    (link,) = re.findall(r"https?://[^/\s]+(/recuperar/\S+)", words)
    return code, link


@pytest.mark.parametrize("htmx", [False, True])
def test_the_whole_way_on_another_device(make, client, clients, letter, htmx):
    someone = make.customer()
    client.htmx = htmx
    page = client.follow(client.get("/ingresar"), "¿Olvidó su contraseña?")
    page = client.submit(page, {"tipo_documento": "DNI", "numero_documento": someone.identity.number})
    assert page.heading == "Elija otra contraseña"
    words = letter()
    assert f"Su usuario: {someone.username}" in words
    code, link = code_and_link(words)
    other = clients()
    other.htmx = htmx
    page = other.get(link)
    for _ in range(2):
        page = other.get(link)  # opening it spends nothing
    page = other.submit(page, {"codigo": code, "nueva": NEW, "repetida": NEW})
    assert page.path == "/ingresar"
    assert "Su contraseña nueva ya vale" in page.text
    page = other.submit(page, {"usuario": someone.identity.number, "clave": NEW})
    assert page.path == "/inicio"


def test_a_passport_is_asked_who_issued_it(make, client, letter):
    ana = make.customer(document_type="PASAPORTE", document_number="AB123456", country="CO")
    page = client.submit(client.get("/recuperar"), {"tipo_documento": "PASAPORTE", "numero_documento": "AB123456"})
    assert page.errors == {"pais_documento": "Elija el país que emitió el pasaporte."}
    page = client.submit(page, {"pais_documento": "CO"})
    assert page.heading == "Elija otra contraseña"
    assert f"Su usuario: {ana.username}" in letter()


def test_whose_request_was_ended_at_an_agency_asks_from_the_start(make, client):
    page = ask(client, make.customer().identity.number)
    assert client.follow(page, "Pedir desde el principio").path == "/recuperar"


def test_the_pages_are_the_same_whether_the_document_has_an_account_or_not(app, make, clients):
    known, disabled = make.customer(), make.customer()
    with app.app_context(), writing():
        statement = update(Account).where(Account.id == disabled.account_id)
        db.session.execute(statement.values(disabled_at=portal_clock.now()))
    pages, wrong = [], []
    for number in (known.identity.number, "79999999", disabled.identity.number):
        client = clients()
        page = ask(client, number)
        pages.append(_plain(page))
        page = client.submit(page, {"codigo": "000000", "nueva": NEW, "repetida": NEW})
        assert page.status == 422
        wrong.append(_plain(page))
    assert pages[0] == pages[1] == pages[2]
    assert wrong[0] == wrong[1] == wrong[2]
    assert "Le quedan 4 intentos" in wrong[0]


def _plain(page) -> str:
    """The page without what differs in every answer."""
    html = re.sub(r'name="(csrf_token|mostrado)" value="[^"]+"', "", page.html)
    return html.replace(page.path.split("/")[2].split("?")[0], "")


def test_nothing_secret_comes_back_and_each_mistake_is_at_its_field(make, client, letter):
    page = ask(client, make.customer().identity.number)
    code, _ = code_and_link(letter())
    page = client.submit(page, {"codigo": code, "nueva": NEW, "repetida": "otra cosa distinta"})
    assert page.status == 422
    assert set(page.errors) == {"repetida"}
    assert NEW not in page.html
    page = client.submit(page, {"codigo": code, "nueva": "1234567890", "repetida": "1234567890"})
    assert set(page.errors) == {"nueva"}


def test_pressed_twice_the_same_page_and_one_mail(make, client, drain, mailbox):
    number = make.customer().identity.number
    first, second = ask(client, number), ask(client, number)
    assert first.path == second.path
    drain()
    assert len(mailbox.store.mails()) == 1


def test_another_code_is_asked_for_after_a_minute(make, client, letter, clock):
    page = ask(client, make.customer().identity.number)
    again = client.submit(page, action=f"{page.path}/reenviar")
    assert again.status == 422
    assert "Puede pedir otro en" in again.errors["codigo"]
    clock(seconds=61)
    page = client.submit(again, action=f"{page.path}/reenviar")
    assert "Pedimos otro código" in page.text
    code, _ = code_and_link(letter())
    page = client.submit(page, {"codigo": code, "nueva": NEW, "repetida": NEW})
    assert page.path == "/ingresar"


def test_after_an_hour_the_page_leads_to_another_request(make, client, clock):
    page = ask(client, make.customer().identity.number)
    clock(hours=1, minutes=1)
    page = client.get(page.path)
    assert page.heading == "Este enlace ya venció"
    assert client.follow(page, "Pedir otro código").path == "/recuperar"


def test_staff_recover_theirs_from_a_page_of_its_own(make, client, letter):
    staff = make.collaborator()
    page = client.follow(client.get("/recuperar"), "Recupere su cuenta de personal")
    page = client.submit(page, {"tipo_documento": "DNI", "numero_documento": staff.identity.number})
    code, _ = code_and_link(letter())
    page = client.submit(page, {"codigo": code, "nueva": NEW, "repetida": NEW})
    page = client.submit(page, {"usuario": staff.username, "clave": NEW})
    assert page.path.startswith("/segundo-paso")


def test_a_document_that_cannot_be_one_says_so(client):
    page = ask(client, "123")
    assert page.status == 422
    assert page.errors["numero_documento"].startswith("El DNI tiene 8 dígitos")


def test_an_unknown_link_is_not_found(client):
    assert client.get(f"/recuperar/{'x' * 43}").status == 404


def test_the_page_says_how_an_agency_recovers_the_account(client):
    assert "Vaya a una agencia de MASSIV con su documento" in client.get("/recuperar").text
