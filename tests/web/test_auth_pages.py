"""Signing in and out as a browser sees it: words, cookies, where it leads, and what a session survives."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.extensions import db
from portal.models import Account, UserSession
from portal.models.transaction import writing
from tests.client import HTMX, PageClient
from tests.factories import PASSWORD

WRONG = "El usuario o la contraseña no son correctos."
NEW = "cuatro nubes bajo el mar"


def sign_in(client, user, password=PASSWORD, path="/ingresar"):
    return client.submit(client.get(path), {"usuario": user, "clave": password})


def cookie_of(client):
    with client.raw.session_transaction() as cookie:
        return dict(cookie)


def test_the_login_page_has_the_form_first_and_the_lowest_premium(client):
    page = client.get("/ingresar")
    assert page.heading == "Ingrese a su cuenta"
    assert page.links["Crear Cuenta Nueva"] == "/crear-cuenta"
    assert re.search(r"Desde\s*S/\s*36\.46 al año", page.text)
    assert page.html.index("<form") < page.html.index("Cómo funciona")


@pytest.mark.parametrize("htmx", [False, True])
def test_a_customer_comes_to_inicio_after_the_password(make, client, htmx):
    client.htmx = htmx
    assert sign_in(client, make.customer().username).path == "/inicio"


def test_a_wrong_password_says_so_and_keeps_the_user_typed(make, client):
    someone = make.customer()
    page = sign_in(client, someone.username, "not it")
    assert (page.status, page.errors[""]) == (422, WRONG)
    assert page.values("usuario")["usuario"] == someone.username
    assert page.values("usuario")["clave"] in ("", None)


def test_an_unknown_user_gets_the_very_same_page(make, clients):
    pages = [
        sign_in(clients(), user, "not it").html.replace(user, "")
        for user in (make.customer().username, "no-hay-tal", "12345678")
    ]
    without_tokens = [_without_token(html) for html in pages]
    assert without_tokens[0] == without_tokens[1] == without_tokens[2]


def _without_token(html):
    return re.sub(r'name="csrf_token" value="[^"]+"', "", html)


def test_empty_fields_are_asked_for(client):
    page = sign_in(client, "", "")
    assert page.status == 422
    assert set(page.errors) >= {"usuario", "clave"}


def test_the_page_asked_for_comes_after_signing_in(make, client):
    page = client.get("/perfil")
    assert page.path == "/ingresar?next=/perfil"
    assert client.submit(page, {"usuario": make.customer().username, "clave": PASSWORD}).path == "/perfil"


def test_a_page_in_any_alphabet_comes_after_signing_in(app, make):
    """An address typed with an ñ: the header that htmx obeys takes no more letters than Location does."""
    client = PageClient(app, htmx=True)
    page = client.get("/ingresar", next="/cotizaciones/ñ日")
    page = client.submit(page, {"usuario": make.customer().username, "clave": PASSWORD})
    assert page.path == "/cotizaciones/%C3%B1%E6%97%A5"


@pytest.mark.parametrize(
    "address",
    ["https://bad.example/", "//bad.example", "////bad.example", "/\\bad.example", "\\\\bad.example", "/\t/bad.example",
     "http:bad.example", "javascript:alert(1)", "/%0d%0aX:1\r\n", "bad.example", " //bad.example"],
)  # fmt: skip
def test_no_other_site_is_ever_the_next_page(app, make, address):
    browser = app.test_client()
    page = browser.get("/ingresar", query_string={"next": address})
    assert "bad.example" not in page.text
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.post(
        "/ingresar",
        query_string={"next": address},
        data={"csrf_token": token, "usuario": make.customer().username, "clave": PASSWORD},
    )
    assert (answer.status_code, answer.location) == (303, "/inicio")


def test_signing_in_renews_the_cookie_and_its_csrf_token(make, client):
    client.get("/ingresar")
    before = cookie_of(client)
    sign_in(client, make.customer().username)
    after = cookie_of(client)
    assert before["csrf_token"] != after.get("csrf_token")
    assert len(after["_user_id"]) >= 43


def test_signing_in_again_ends_the_session_before(app, make, client):
    someone = make.customer()
    sign_in(client, someone.username)
    page = client.get("/perfil")
    client.post("/ingresar", {"usuario": someone.username, "clave": PASSWORD})
    assert page.status == 200
    with app.app_context():
        ended = [row.ended_at is not None for row in db.session.scalars(select(UserSession).order_by(UserSession.id))]
    assert ended == [True, False]


def test_a_signed_in_person_is_led_on_from_the_login_page(make, client):
    assert client.sign_in(make.customer()).get("/ingresar").path == "/inicio"


def test_leaving_ends_the_session_for_whoever_kept_its_cookie(make, client, clients):
    sign_in(client, make.customer().username)
    stolen = cookie_of(client)
    page = client.get("/perfil")
    out = client.submit(page, action="/salir")
    assert out.path == "/ingresar"
    assert "Usted salió de su cuenta." in out.text
    thief = clients()
    with thief.raw.session_transaction() as cookie:
        cookie.update(stolen)
    assert thief.get("/perfil").path == "/ingresar?next=/perfil"


def test_a_session_unused_for_half_an_hour_leads_to_the_login_page(make, client, clock):
    client.sign_in(make.customer())
    clock(minutes=31)
    assert client.get("/perfil").path == "/ingresar?next=/perfil"
    answer = client.raw.get("/perfil", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/ingresar?next=/perfil")


@pytest.mark.parametrize("htmx", [False, True])
def test_who_sends_a_form_in_a_closed_session_reads_why_it_was_not_kept(app, make, clock, htmx):
    mine = PageClient(app, htmx=htmx).sign_in(make.customer())
    form = mine.get("/perfil/clave")
    clock(minutes=31)
    page = mine.submit(form, {"actual": PASSWORD, "nueva": NEW, "repetida": NEW})  # no secret is ever kept
    assert page.path.startswith("/ingresar")
    assert page.status == 200
    assert "Su sesión ya se había cerrado. Si acaba de enviar un formulario, no se guardó." in page.text
    assert "no se guardó" not in mine.get("/perfil").text


def test_who_leaves_a_session_that_was_closed_before_is_not_told_that_something_was_lost(app, make, clock):
    mine = PageClient(app).sign_in(make.customer())
    page = mine.get("/perfil")
    clock(minutes=31)
    out = mine.submit(page, action="/salir")
    assert "Su sesión ya se había cerrado." in out.text
    assert "lo que acaba de enviar" not in out.text


def test_a_first_login_opens_only_the_change_of_password(make, client):
    page = sign_in(client, make.newcomer().username)
    assert (page.path, page.heading) == ("/cambiar-clave", "Elija su contraseña")
    for path in ("/inicio", "/perfil", "/perfil/clave", "/cotizaciones"):
        assert client.get(path).path == "/cambiar-clave"


def test_the_first_change_leads_to_the_page_asked_for(make, client):
    page = sign_in(client, make.newcomer().username, path="/ingresar?next=/perfil")
    page = client.submit(page, {"nueva": NEW, "repetida": NEW})
    assert (page.path, page.status) == ("/perfil", 200)


def test_a_bad_new_password_is_said_at_its_field_and_never_sent_back(make, client):
    page = sign_in(client, make.newcomer().username)
    for typed, field in (
        ({"nueva": "corta", "repetida": "corta"}, "nueva"),
        ({"nueva": NEW, "repetida": NEW + "!"}, "repetida"),
        ({"nueva": "", "repetida": ""}, "nueva"),
    ):
        answer = client.submit(page, typed)
        assert answer.status == 422
        assert field in answer.errors
        assert NEW not in answer.html


def test_who_changed_it_already_is_led_to_the_ordinary_change(make, client):
    client.sign_in(make.customer())
    assert client.get("/cambiar-clave").path == "/perfil/clave"
    assert client.post("/cambiar-clave", {"nueva": NEW, "repetida": NEW}).path == "/perfil/clave"


def test_an_expired_initial_password_says_that_another_is_on_its_way(app, make, client, drain, mailbox):
    someone = make.newcomer()
    with app.app_context(), writing() as session:
        session.execute(update(Account).values(initial_password_until=portal_clock.now() - timedelta(minutes=1)))
    page = sign_in(client, someone.username)
    assert page.status == 422
    assert "Le enviamos una nueva a su correo" in page.errors[""]
    drain()
    assert len(mailbox.store.mails()) == 1


def test_too_many_attempts_from_everywhere_on_one_name_are_refused_in_words(client):
    for _ in range(30):
        client.post("/ingresar", {"usuario": "alguien", "clave": "x"})
    assert client.post("/ingresar", {"usuario": " Alguien", "clave": "x"}).status == 429
    client.get("/ingresar")
    assert client.post("/ingresar", {"usuario": "otra", "clave": "x"}).status == 422
