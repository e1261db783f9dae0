"""The staff's second step as a browser sees it: where it stands in the way, how it is turned on, and what passes it."""

from __future__ import annotations

import re

import pytest

from portal.services.authentication import second_step
from tests.client import HTMX
from tests.factories import PASSWORD

NEW = "cuatro nubes bajo el mar"


@pytest.fixture(params=[False, True], ids=["whole", "fragment"])
def either(clients, request):
    """Both worlds."""
    client = clients()
    client.htmx = request.param
    return client


def sign_in(client, someone, path="/ingresar"):
    return client.submit(client.get(path), {"usuario": someone.username, "clave": PASSWORD})


def begin(client, someone):
    """The page with the secret."""
    client.sign_in(someone, second_step=False)
    return client.submit(client.get("/segundo-paso/activar"), action="/segundo-paso/activar")


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_password_alone_opens_nothing(make, either):
    page = sign_in(either, make.collaborator())
    assert (page.path, page.heading) == ("/segundo-paso", "Escriba el código de su teléfono")
    for path in ("/gestion", "/perfil", "/perfil/clave", "/inicio", "/segundo-paso/codigos"):
        assert either.get(path).path.startswith("/segundo-paso?next="), path


def test_a_region_is_left_for_the_second_step(make, client):
    client.sign_in(make.collaborator(), second_step=False)
    answer = client.raw.get("/gestion", headers=HTMX)
    assert (answer.status_code, answer.data, answer.headers["HX-Redirect"]) == (
        204,
        b"",
        "/segundo-paso?next=/gestion",
    )


def test_the_code_leads_to_the_page_asked_for(make, either):
    someone = make.collaborator()
    page = sign_in(either, someone, "/ingresar?next=/perfil/clave")
    page = either.submit(page, {"codigo": make.app_code(someone)})
    assert (page.status, page.path) == (200, "/perfil/clave")


def test_the_code_leads_to_the_desk_when_nothing_was_asked_for(make, either):
    someone = make.supervisor()
    page = either.submit(sign_in(either, someone), {"codigo": make.app_code(someone)})
    assert (page.status, page.path) == (200, "/gestion")
    assert either.get("/segundo-paso").path == "/gestion"


@pytest.mark.parametrize("address", ["//bad.example", "https://bad.example/", "/\\bad.example"])
def test_no_other_site_is_the_next_page(make, client, address):
    someone = make.collaborator()
    client.sign_in(someone, second_step=False)
    page = client.get("/segundo-paso", next=address)
    assert "bad.example" not in page.html
    sent = page.values("codigo") | {"codigo": make.app_code(someone)}
    answer = client.raw.post("/segundo-paso", query_string={"next": address}, data=sent)
    assert (answer.status_code, answer.location) == (303, "/gestion")


def test_passing_renews_the_cookie_and_the_token_before_is_worth_nothing(make, client, clients):
    someone = make.collaborator()
    page = sign_in(client, someone)
    with client.raw.session_transaction() as cookie:
        before = dict(cookie)
    client.submit(page, {"codigo": make.app_code(someone)})
    with client.raw.session_transaction() as cookie:
        assert cookie["_user_id"] != before["_user_id"]
    thief = clients()
    with thief.raw.session_transaction() as cookie:
        cookie.update(before)
    assert thief.get("/gestion").path == "/ingresar?next=/gestion"


def test_a_wrong_code_says_how_many_tries_are_left_and_what_is_usually_the_cause(make, either):
    someone = make.collaborator()
    page = either.submit(sign_in(either, someone), {"codigo": wrong(make.app_code(someone))})
    assert (page.status, page.errors["codigo"]) == (422, "El código no es correcto. Le quedan 4 intentos.")
    assert "fecha y hora automáticas" in page.text


def test_five_wrong_codes_close_the_way_for_a_while_whatever_password_follows(make, client, clients, clock):
    someone = make.collaborator()
    page = sign_in(client, someone)
    for _ in range(5):
        page = client.submit(page, {"codigo": wrong(make.app_code(someone))})
    assert "Espere 15 minutos" in page.errors["codigo"]
    other = clients()
    page = other.submit(sign_in(other, someone), {"codigo": make.app_code(someone)})
    assert page.errors["codigo"] == "Hubo 5 intentos que no eran correctos. Espere 15 minutos y pruebe otra vez."
    clock(minutes=16)
    assert other.submit(page, {"codigo": make.app_code(someone)}).path == "/gestion"


def test_the_first_sign_in_turns_it_on_after_the_password(app, make, either):
    someone = make.recruit()
    page = sign_in(either, someone, "/ingresar?next=/perfil")
    assert page.heading == "Active su segundo paso"
    page = either.submit(page, action="/segundo-paso/activar?next=/perfil")
    assert page.heading == "Escanee el código QR"
    secret = "".join(page.document.xpath("//*[@class='key']/text()")).replace(" ", "")
    (address,) = page.document.xpath("//a[starts-with(@href, 'otpauth://')]/@href")
    assert f"secret={secret}" in address
    assert "issuer=MASSIV" in address
    assert someone.username in address
    assert len(secret) == 32
    assert page.document.xpath("//svg[@role='img']/path/@d")
    page = either.submit(page, {"codigo": make.app_code(someone)})
    assert page.heading == "Guarde sus códigos de recuperación"
    codes = page.document.xpath("//ol/li/text()")
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[a-z2-9]{5}-[a-z2-9]{5}", code) for code in codes)
    assert either.get(page.path).document.xpath("//ol/li/text()") == codes  # a lost answer loses nothing
    page = either.submit(page, {"guardados": False})
    assert "guardados" in page.errors
    assert page.document.xpath("//ol/li/text()") == codes
    page = either.submit(page, {"guardados": True})
    assert page.path == "/perfil"
    assert either.get("/segundo-paso/codigos").path == "/gestion"
    with app.app_context():
        assert second_step.standing(someone.actor).codes_left == 10


def test_the_secret_is_made_anew_each_time_it_is_begun(make, client):
    first = begin(client, make.recruit())
    again = client.submit(client.follow(first, "Empezar otra vez"), action="/segundo-paso/activar")
    assert first.document.xpath("//*[@class='key']/text()") != again.document.xpath("//*[@class='key']/text()")


def test_the_cookie_does_not_tell_the_recovery_codes(make, client):
    someone = make.recruit()
    page = client.submit(begin(client, someone), {"codigo": make.app_code(someone)})
    with client.raw.session_transaction() as cookie:
        kept = " ".join(map(str, cookie.values()))
    assert not [code for code in page.document.xpath("//ol/li/text()") if code in kept]


def test_a_wrong_code_while_turning_it_on_keeps_the_same_secret(make, client):
    someone = make.recruit()
    page = begin(client, someone)
    again = client.submit(page, {"codigo": wrong(make.app_code(someone))})
    assert again.status == 422
    assert "hora" in again.text
    assert again.document.xpath("//*[@class='key']/text()") == page.document.xpath("//*[@class='key']/text()")


def test_who_has_it_on_cannot_begin_again(make, client):
    someone = make.collaborator()
    client.sign_in(someone, second_step=False)
    assert client.get("/segundo-paso/activar").path == "/segundo-paso"
    assert client.get("/segundo-paso/activar/codigo").path == "/segundo-paso"
    page = client.post("/segundo-paso/activar")
    assert page.status == 422
    assert "ya está activado" in page.text


def test_a_recovery_code_opens_once_and_says_what_is_left(app, make, either, drain, mailbox):
    someone = make.collaborator()
    with app.app_context():
        codes = second_step.renew_recovery_codes(make.app_code(someone), someone.actor)
    page = either.follow(sign_in(either, someone), "Use un código de recuperación")
    page = either.submit(page, {"codigo": f" {codes[0].upper().replace('-', ' ')}"})
    assert page.path == "/gestion"
    assert "Le quedan 9 códigos de recuperación." in page.text
    drain()
    assert "Se usó un código de recuperación" in mailbox.store.mails()[0].header("Subject")
    either.post("/salir")
    page = either.follow(sign_in(either, someone), "Use un código de recuperación")
    page = either.submit(page, {"codigo": codes[0]})
    assert (page.status, page.errors["codigo"]) == (422, "El código no es correcto. Le quedan 4 intentos.")


def test_new_recovery_codes_need_a_fresh_code_and_void_the_old_ones(make, either, drain, mailbox):
    someone = make.collaborator()
    page = either.sign_in(someone).get("/perfil")
    assert "No le queda ninguno" in page.text
    page = either.follow(page, "Crear códigos de recuperación")
    refused = either.submit(page, {"codigo": wrong(make.app_code(someone))})
    assert refused.status == 422
    assert "codigo" in refused.errors
    page = either.submit(refused, {"codigo": make.app_code(someone)})
    assert len(page.document.xpath("//ol/li")) == 10
    assert either.submit(page, {"guardados": True}).path == "/perfil"
    drain()
    (mail,) = mailbox.store.mails()
    assert "Códigos de recuperación nuevos" in mail.header("Subject")


def test_a_change_of_password_keeps_the_second_step_passed(make, client):
    client.sign_in(make.collaborator())
    page = client.submit(client.get("/perfil/clave"), {"actual": PASSWORD, "nueva": NEW, "repetida": NEW})
    assert (page.status, page.path) == (200, "/perfil")


def test_customers_have_no_second_step(make, client):
    page = client.sign_in(make.customer()).get("/segundo-paso")
    assert page.status == 403
    assert "segundo paso" not in client.get("/perfil").text.lower()
