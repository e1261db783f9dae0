""" "Personal": what supervisors see and do about the staff."""

from __future__ import annotations

import pytest

from tests.factories import PASSWORD


@pytest.fixture(params=[False, True], ids=["whole", "fragment"])
def supervisor(make, clients, request):
    """A supervisor's browser, in both worlds."""
    client = clients()
    client.htmx = request.param
    return client.sign_in(make.supervisor())


def test_the_list_says_agency_and_second_step(make, supervisor):
    someone, recruit = make.collaborator(names="Carmen"), make.recruit()
    page = supervisor.get("/gestion/personal")
    assert page.heading == "Personal"
    rows = {row.xpath("string(.//span)"): row.text_content() for row in page.document.xpath("//tbody/tr")}
    assert "Agencia Cusco Centro" in rows[someone.username]
    assert "Activado" in rows[someone.username]
    assert "Por activar" in rows[recruit.username]


def test_a_reset_sends_them_through_a_new_enrolment(make, supervisor, clients):
    someone = make.collaborator()
    theirs = clients().sign_in(someone)
    page = supervisor.get(f"/gestion/personal/{someone.username}")
    refused = supervisor.submit(page, action=f"/gestion/personal/{someone.username}/segundo-paso")
    assert (refused.status, refused.errors["motivo"]) == (422, "Elija el motivo.")
    page = supervisor.submit(refused, {"motivo": "perdido"})
    assert page.status == 200
    assert "Reiniciamos su segundo paso" in page.text
    assert "Todavía no lo activó" in page.text
    page = theirs.get("/gestion")
    assert page.path == "/ingresar?next=/gestion"
    page = theirs.submit(page, {"usuario": someone.username, "clave": PASSWORD})
    assert page.heading == "Active su segundo paso"


def test_ones_own_page_offers_no_reset_and_the_server_takes_none(make, client):
    me = make.supervisor()
    page = client.sign_in(me).get(f"/gestion/personal/{me.username}")
    assert "lo reinicia otro supervisor" in page.text
    refused = client.post(f"/gestion/personal/{me.username}/segundo-paso", {"motivo": "perdido"})
    assert refused.status == 422
    assert "otro supervisor" in refused.text


def test_the_agency_is_chosen_from_those_that_there_are(make, supervisor):
    someone = make.collaborator(agency="CUS-1")
    page = supervisor.get(f"/gestion/personal/{someone.username}")
    assert page.values("agencia")["agencia"] == "CUS-1"
    page = supervisor.submit(page, {"agencia": "AQP-1"})
    assert "Guardamos su agencia." in page.text
    assert page.values("agencia")["agencia"] == "AQP-1"
    page = supervisor.submit(page, {"agencia": ""})
    assert page.values("agencia")["agencia"] == ""
    refused = supervisor.post(f"/gestion/personal/{someone.username}/agencia", {"agencia": "XXX-9"})
    assert refused.status == 422


def test_only_supervisors_have_the_entry_in_their_menu(make, client, clients):
    assert "Personal" in client.sign_in(make.supervisor()).get("/gestion").links
    assert "Personal" not in clients().sign_in(make.collaborator()).get("/gestion").links


def test_who_is_not_of_the_staff_is_not_found(make, supervisor):
    assert supervisor.get(f"/gestion/personal/{make.customer().username}").status == 404


def test_a_colleague_is_proposed_here_and_confirmed_there(make, supervisor, clients):
    page = supervisor.follow(supervisor.get("/gestion/personal"), "Agregar a una persona")
    typed = {
        "usuario": "Carmen.Salas",
        "funcion": "collaborator",
        "agencia": "CUS-1",
        "correo": "carmen.salas@example.com",
        "tipo_documento": "DNI",
        "numero_documento": "41555203",
        "nombres": "Carmen",
        "apellido_paterno": "Salas",
        "fecha_nacimiento": "03/11/1985",
    }
    refused = supervisor.submit(page, typed | {"usuario": "c!", "fecha_nacimiento": "03/11/2020"})
    assert refused.status == 422
    assert "letras sin tilde" in refused.errors["usuario"]
    refused = supervisor.submit(page, typed | {"fecha_nacimiento": "03/11/2020"})
    assert (refused.status, list(refused.errors)) == (422, ["fecha_nacimiento"])
    page = supervisor.submit(refused, typed)
    assert (page.path, "Falta otro supervisor" in page.text) == ("/gestion/personal/carmen.salas", True)
    again = supervisor.submit(supervisor.get("/gestion/personal-nuevo"), typed)
    assert "ya tiene un usuario del personal: carmen.salas" in again.errors["numero_documento"]
    assert supervisor.post("/gestion/personal/carmen.salas/decision", {"confirmar": "1"}).status == 422

    other = clients().sign_in(make.supervisor())
    assert "Falta confirmar" in other.get("/gestion/personal").text
    page = other.get("/gestion/personal/carmen.salas")
    page = other.submit(page, action="/gestion/personal/carmen.salas/decision", button="Confirmar")
    assert "Confirmado." in page.text
    assert "Por activar" in other.get("/gestion/personal").text


def test_somebody_is_suspended_and_ones_own_account_is_not(make, client):
    me, someone = make.supervisor(), make.collaborator()
    page = client.sign_in(me).get(f"/gestion/personal/{someone.username}")
    page = client.submit(page, action=f"/gestion/personal/{someone.username}/suspension")
    assert "Su usuario está suspendido." in page.text
    page = client.submit(page, {"funcion": "collaborator"}, button="Proponer que vuelva")
    assert "Falta otro supervisor" in page.text
    mine = client.get(f"/gestion/personal/{me.username}")
    assert "Su propia cuenta la suspende otro supervisor" in mine.text
    refused = client.post(f"/gestion/personal/{me.username}/suspension")
    assert (refused.status, "único supervisor" in refused.text) == (422, True)
