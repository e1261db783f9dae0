""" "Mi Perfil": one's own data, and the change of password."""

from __future__ import annotations

from tests.factories import PASSWORD

NEW = "cuatro nubes bajo el mar"


def test_the_profile_shows_ones_own_data(make, client):
    someone = make.customer()
    page = client.sign_in(someone).get("/perfil")
    assert page.heading == "Mi Perfil"
    for words in (
        someone.username,
        someone.email,
        someone.identity.number,
        "17/05/1990",
        "987 654 321",
        "Av. Arequipa 1234",
    ):
        assert words in page.text
    assert "Lima" in page.text


def test_a_name_with_markup_is_shown_as_text(make, client):
    page = client.sign_in(make.customer(address="<img src=x onerror=alert(1)>")).get("/perfil")
    assert "<img src=x" not in page.html
    assert "<img src=x onerror=alert(1)>" in page.text


def test_the_change_needs_the_present_password(make, client):
    page = client.sign_in(make.customer()).get("/perfil/clave")
    page = client.submit(page, {"actual": "not it", "nueva": NEW, "repetida": NEW})
    assert page.status == 422
    assert page.errors["actual"] == "Su contraseña actual no es correcta."
    assert NEW not in page.html


def test_a_change_closes_every_other_session_and_keeps_this_one(make, client, clients, drain, mailbox):
    someone = make.customer()
    other = clients().sign_in(someone)
    page = client.sign_in(someone).get("/perfil/clave")
    page = client.submit(page, {"actual": PASSWORD, "nueva": NEW, "repetida": NEW})
    assert page.path == "/perfil"
    assert "Cambiamos su contraseña" in page.text
    assert client.get("/perfil").status == 200
    assert other.get("/perfil").path == "/ingresar?next=/perfil"
    drain()
    (mail,) = mailbox.store.mails()
    assert mail.envelope_to == [someone.email]
    assert "Se cambió la contraseña" in mail.header("Subject")


def test_staff_see_their_profile_too(make, client):
    assert client.sign_in(make.collaborator()).get("/perfil").heading == "Mi Perfil"
