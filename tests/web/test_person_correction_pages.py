"""The staff's pages that correct a customer's name, birth date or document, in both worlds."""

from __future__ import annotations

import pytest

from tests.client import PageClient


@pytest.fixture
def rosa(make):
    return make.customer(names="Rossa", paternal_surname="Codori", maternal_surname="Flores")


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def desks(app, make, request):
    """Two of the staff, each at a screen."""
    return [PageClient(app, htmx=request.param).sign_in(make.collaborator()) for _ in range(2)]


WAITING = "1 corrección por confirmar Mire el documento de la persona y confirme, o rechace."
RIGHT = {"nombres": "Rosa", "apellido_paterno": "Condori", "documento": True}


def form_of(desk, rosa):
    found = desk.submit(desk.get("/gestion/buscar"), {"dato": rosa.identity.number}, button="Buscar")
    return desk.follow(found, "Corregir datos")


def proposed(desk, rosa, **changes):
    page = desk.submit(form_of(desk, rosa), RIGHT | changes, button="Revisar")
    return desk.submit(page, {"documento": True}, button="Proponer la corrección")


def test_two_correct_a_name_and_the_customer_sees_it(app, make, rosa, desks, drain):
    number = make.policy(rosa)
    first, second = desks
    page = first.submit(form_of(first, rosa), RIGHT, button="Revisar")
    assert "Se corrige la póliza de la cuenta, con un endoso que llega por correo" in page.text
    page = first.submit(page, {"documento": True}, button="Proponer la corrección")
    assert page.path == f"/gestion/clientes/{rosa.account_id}"
    assert "Falta que otra persona mire el documento y confirme" in page.text
    assert "Rossa Codori Flores" in page.text

    assert "corrección por confirmar" not in first.get("/gestion/buscar").text
    page = second.follow(second.get("/gestion/buscar"), WAITING)
    assert "Por confirmar" in page.text
    assert "Rossa" not in page.text
    page = second.submit(page, action=f"/gestion/clientes/{rosa.account_id}/datos/abrir")
    assert page.heading == "Confirmar la corrección"
    assert "Rossa Codori Flores" in page.text
    assert "Rosa Condori Flores" in page.text
    refused = second.submit(page, {"documento": False}, button="Confirmar la corrección")
    assert refused.errors == {"documento": "Marque que tiene el documento en la mano y que dice esto."}
    page = second.submit(refused, {"documento": True}, button="Confirmar la corrección")
    assert "Confirmado: los datos están corregidos" in page.text
    assert page.heading == "Rosa Condori Flores"
    assert "No hay correcciones por confirmar" in second.get("/gestion/correcciones").text

    drain()
    mine = PageClient(app).sign_in(rosa)
    page = mine.get(f"/polizas/{number}")
    assert "Rosa Condori Flores" in page.text
    assert "Endoso 1: corrección de datos" in page.text
    assert "Sus datos se corrigieron, con su documento a la vista: endoso 1" in page.text
    assert "Condori" in mine.get("/perfil").text
    assert "Datos corregidos" in mine.get("/comunicaciones").text
    assert mine.get(f"/polizas/{number}/endosos/1/pdf").data.startswith(b"%PDF-")


def test_who_proposed_it_sees_that_another_person_is_missing(rosa, desks):
    first, _ = desks
    proposed(first, rosa)
    page = first.get(f"/gestion/clientes/{rosa.account_id}/datos/confirmar")
    assert "Falta que otra persona confirme" in page.text
    assert not page.document.xpath("//button[@name='confirmar']")
    assert "Ya hay una corrección por confirmar" in form_of(first, rosa).text


def test_it_is_turned_down(rosa, desks):
    first, second = desks
    proposed(first, rosa)
    second.submit(second.get("/gestion/buscar"), {"dato": rosa.identity.number}, button="Buscar")
    page = second.get(f"/gestion/clientes/{rosa.account_id}/datos/confirmar")
    page = second.submit(page, {"documento": False}, button="Rechazar")
    assert "Rechazado: los datos siguen como estaban" in page.text
    assert page.heading == "Rossa Codori Flores"


def test_pressed_twice_it_is_confirmed_once_and_says_so(rosa, desks):
    first, second = desks
    proposed(first, rosa)
    second.submit(second.get("/gestion/buscar"), {"dato": rosa.identity.number}, button="Buscar")
    page = second.get(f"/gestion/clientes/{rosa.account_id}/datos/confirmar")
    second.submit(page, {"documento": True}, button="Confirmar la corrección")
    again = second.submit(page, {"documento": True}, button="Confirmar la corrección")
    assert (again.status, again.path) == (200, f"/gestion/clientes/{rosa.account_id}")
    assert "decidió" in again.text
    assert again.heading == "Rosa Condori Flores"


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("documento", False, "Marque que tiene el documento en la mano."),
        ("nombres", "", "Escriba los nombres."),
        ("nombres", "李明", "no puede imprimir"),
        ("apellido_materno", "F1ores", "Use solo letras"),
        ("numero_documento", "1234567", "El DNI tiene 8 dígitos"),
        ("fecha_nacimiento", "17/05/2015", "18 años o más"),
        ("fecha_nacimiento", "", "Escriba la fecha de nacimiento."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(rosa, desks, field, typed, words):
    first, _ = desks
    page = first.submit(form_of(first, rosa), RIGHT | {field: typed}, button="Revisar")
    assert page.status == 422
    assert words in page.errors[field]
    assert page.values("apellido_paterno")["apellido_paterno"] == "Condori"


def test_a_date_that_breaks_a_limit_is_said_to_both_before_they_decide(make, rosa, desks):
    number = make.policy(rosa)
    first, second = desks
    page = first.submit(form_of(first, rosa), RIGHT | {"fecha_nacimiento": "17/05/1930"}, button="Revisar")
    assert f"La póliza {number} se vendió fuera de edad" in page.text
    first.submit(page, {"documento": True}, button="Proponer la corrección")
    second.submit(second.get("/gestion/buscar"), {"dato": rosa.identity.number}, button="Buscar")
    page = second.get(f"/gestion/clientes/{rosa.account_id}/datos/confirmar")
    assert f"La póliza {number} se vendió fuera de edad" in page.text
