"""What customers change of their own account: contact, address, commercial mail, sessions."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Account, Consent, UserSession
from tests.client import PageClient
from tests.factories import PASSWORD

both = pytest.mark.parametrize("htmx", [False, True])


@pytest.fixture
def mails(drain, mailbox):
    def mails():
        drain()
        return mailbox.store.mails()

    return mails


def code_in(mail) -> str:
    (code,) = re.findall(r"Su código: (\d{6})", mail.body("plain"))
    return code


@both
def test_celular_and_address_are_corrected(make, client, htmx):
    client.htmx = htmx
    client.sign_in(make.customer())
    page = client.follow(client.get("/perfil"), "Corregir celular o dirección")
    assert page.values("celular")["celular"] == "987654321"
    page = client.submit(page, {"departamento": "08"}, button="Ver provincias")
    page = client.submit(page, {"provincia": "0806"}, button="Ver distritos")
    page = client.submit(page, {"distrito": "080601", "celular": "912 345 678", "direccion": "Jr. Tacna 245"})
    assert page.path == "/perfil"
    assert "Guardamos sus datos" in page.text
    assert "912 345 678" in page.text
    assert "Jr. Tacna 245" in page.text
    assert "Cusco" in page.text


def test_each_mistake_of_the_contact_is_at_its_field(make, client):
    page = client.sign_in(make.customer()).get("/perfil/contacto")
    page = client.submit(page, {"celular": "123", "direccion": "  "})
    assert page.status == 422
    assert set(page.errors) == {"celular", "direccion"}


@both
def test_the_address_changes_by_the_code_of_the_new_mailbox(make, client, mails, htmx):
    someone = make.customer()
    client.htmx = htmx
    client.sign_in(someone)
    page = client.follow(client.get("/perfil"), "Cambiar correo")
    page = client.submit(page, {"correo": "juana@gmial.com", "actual": PASSWORD})
    assert page.heading == "¿Es su correo nuevo?"
    assert "juana@gmail.com" in page.text
    assert mails() == []
    page = client.submit(page, action="/perfil/correo/sugerencia")
    assert "Puede tener un error" not in page.text
    page = client.submit(page, action="/perfil/correo/codigo")
    assert page.heading == "Escriba el código"
    assert "juana@gmail.com" in page.text
    (mail,) = mails()
    assert mail.envelope_to == ["juana@gmail.com"]
    client.get("/perfil/correo")  # opening it spends nothing
    page = client.submit(client.get("/perfil/correo"), {"codigo": code_in(mail)})
    assert page.path == "/perfil"
    assert "El correo de su cuenta ahora es juana@gmail.com" in page.text
    told = {mail.envelope_to[0]: mail.header("Subject") for mail in mails()[:2]}
    assert told == {
        someone.email: "Cambió el correo de su cuenta de MASSIV",
        "juana@gmail.com": "Este es el nuevo correo de su cuenta de MASSIV",
    }
    assert client.get("/inicio").status == 200


def test_a_wrong_password_changes_no_address_and_is_never_sent_back(make, client):
    page = client.sign_in(make.customer()).get("/perfil/correo")
    page = client.submit(page, {"correo": "juana@example.com", "actual": "not it"})
    assert page.errors["actual"] == "Su contraseña actual no es correcta."
    assert "not it" not in page.html
    assert page.values("correo")["correo"] == "juana@example.com"


def test_a_change_that_waits_can_be_cancelled(make, client, mails):
    client.sign_in(make.customer())
    page = client.submit(client.get("/perfil/correo"), {"correo": "juana@example.com", "actual": PASSWORD})
    page = client.submit(page, action="/perfil/correo/codigo")
    (mail,) = mails()
    left_open = page
    assert "Confirmar el correo nuevo" in client.get("/perfil").links
    page = client.submit(page, action="/perfil/correo/cancelar")
    assert page.path == "/perfil"
    assert "sigue siendo el mismo" in page.text
    page = client.submit(left_open, {"codigo": code_in(mail)})
    assert page.status == 422
    assert "No hay ningún cambio de correo por confirmar" in page.text


def test_a_wrong_code_says_how_many_tries_are_left(make, client):
    client.sign_in(make.customer())
    page = client.submit(client.get("/perfil/correo"), {"correo": "juana@example.com", "actual": PASSWORD})
    page = client.submit(page, action="/perfil/correo/codigo")
    again = client.submit(page, action="/perfil/correo/codigo")
    assert again.status == 422
    assert "Puede pedir otro en" in again.errors["codigo"]
    page = client.submit(page, {"codigo": "12345"})
    assert page.errors["codigo"] == "El código tiene 6 dígitos."


@both
def test_commercial_mail_is_allowed_and_taken_back_by_one_press_each(app, make, client, htmx):
    client.htmx = htmx
    page = client.sign_in(make.customer()).get("/perfil")
    assert "No le enviamos ninguna" in page.text
    assert "Autorizo a MASSIV a utilizar" in page.text
    page = client.submit(page, button="Autorizar", action="/perfil/comunicaciones-comerciales/autorizar")
    assert page.path == "/perfil"
    assert "Usted nos autorizó a enviárselas" in page.text
    page = client.submit(page, button="Retirar mi permiso", action="/perfil/comunicaciones-comerciales/retirar")
    assert "No le enviamos ninguna" in page.text
    with app.app_context():
        assert list(db.session.scalars(select(Consent.granted).order_by(Consent.id))) == [True, False]


def test_words_that_the_page_did_not_show_are_not_accepted(make, client):
    client.sign_in(make.customer()).get("/perfil")
    page = client.post("/perfil/comunicaciones-comerciales/autorizar", {"texto": "0" * 64})
    assert page.status == 422
    assert "El texto cambió mientras lo leía" in page.text
    page = client.submit(page, button="Autorizar", action="/perfil/comunicaciones-comerciales/autorizar")
    assert page.path == "/perfil"


def test_staff_are_offered_nothing_that_is_the_customers(make, client):
    links = client.sign_in(make.collaborator()).get("/perfil").links
    assert "Cambiar correo" not in links
    assert "Ver sesiones abiertas" in links


def enter(client: PageClient, someone):
    return client.submit(client.get("/ingresar"), {"usuario": someone.username, "clave": PASSWORD})


@both
def test_sessions_are_listed_and_closed_one_and_all(make, client, clients, htmx):
    someone = make.customer()
    others = [clients() for _ in range(3)]
    for other in others:
        enter(other, someone)
    client.htmx = htmx
    enter(client, someone)
    page = client.follow(client.get("/perfil"), "Ver sesiones abiertas")
    assert page.text.count("Este equipo") == 1
    one = next(form.get("action") for form in page.forms if form.get("action").endswith("/cerrar"))
    page = client.submit(page, action=one)
    assert "Cerramos esa sesión" in page.text
    assert sum(other.get("/inicio").path == "/inicio" for other in others) == 2
    page = client.submit(page, action="/perfil/sesiones/cerrar-otras")
    assert "Solo queda abierta esta" in page.text
    assert "No hay otra sesión abierta" in page.text
    assert all(other.get("/inicio").path != "/inicio" for other in others)
    assert client.get("/inicio").path == "/inicio"


def test_another_customers_session_is_not_found(app, make, client, clients):
    victim = clients().sign_in(make.customer())
    with app.app_context():
        session_id = db.session.scalars(select(UserSession.id)).one()
    client.sign_in(make.customer()).get("/perfil/sesiones")
    assert client.post(f"/perfil/sesiones/{session_id}/cerrar").status == 404
    assert victim.get("/inicio").path == "/inicio"


def test_a_browser_is_remembered_by_a_cookie_that_no_script_reads(make, client, clients, mails):
    someone = make.customer()
    enter(client, someone)
    (cookie,) = [one for key, one in client.raw._cookies.items() if "equipo" in key[2]]
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert len(cookie.value) == 43
    client.post("/salir")
    enter(client, someone)
    assert mails() == []
    enter(clients(), someone)
    (mail,) = mails()
    assert mail.header("Subject") == "Ingreso a su cuenta de MASSIV desde un equipo nuevo"


def test_a_mistyped_mark_is_replaced(app, make, client):
    client.raw.set_cookie("portal-equipo", "<script>")
    enter(client, make.customer())
    assert client.raw.get_cookie("portal-equipo").value != "<script>"
    with app.app_context():
        assert db.session.scalars(select(UserSession.device_key)).one() is not None
        assert db.session.scalars(select(Account.pending_email)).one() is None
