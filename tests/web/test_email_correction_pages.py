"""The staff's page that corrects a customer's address, in both worlds."""

from __future__ import annotations

import pytest

from tests.client import PageClient

OLD, NEW = "rosa@example.com", "rosa.nueva@example.com"
GIVEN = {"documento": True, "nacimiento": "17/05/1990", "correo": NEW}


@pytest.fixture
def rosa(make):
    return make.customer(names="Rosa", email=OLD)


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def desk(app, make, request):
    return PageClient(app, htmx=request.param).sign_in(make.collaborator())


@pytest.fixture
def other(make):
    """The other person of the staff, who confirms."""
    return make.collaborator()


@pytest.fixture
def given(make, other):
    """What the two of them type."""
    return GIVEN | {"otro_usuario": other.username, "otro_codigo": make.app_code(other)}


@pytest.fixture
def page(desk, rosa):
    """The form, reached as the staff reaches it."""
    found = desk.submit(desk.get("/gestion/buscar"), {"dato": rosa.identity.number}, button="Buscar")
    return desk.follow(found, "Corregir correo")


def test_the_address_is_corrected_and_the_page_says_what_comes_next(desk, rosa, page, given):
    assert page.path == f"/gestion/clientes/{rosa.account_id}/correo"
    assert OLD in page.text
    assert rosa.identity.number in page.text
    done = desk.submit(page, given, button="Corregir correo")
    assert done.path == f"/gestion/clientes/{rosa.account_id}"
    assert NEW in done.text
    assert OLD not in done.text
    assert "elige otra con «¿Olvidó su contraseña?», desde su celular" in done.text


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("documento", False, "Marque que tiene el documento en la mano"),
        ("nacimiento", "", "Escriba la fecha de nacimiento"),
        ("nacimiento", "31/02/1990", "Febrero de 1990 tiene 28 días"),
        ("nacimiento", "18/05/1990", "No es la fecha de nacimiento de este cliente"),
        ("otro_usuario", "", "Escriba el usuario de quien confirma"),
        ("otro_codigo", "", "Falta el código: lo escribe quien confirma"),
        ("otro_codigo", "12", "El usuario o el código no son correctos"),
        ("correo", "", "Escriba el correo"),
        ("correo", "rosa", "como nombre@correo.com"),
        ("correo", OLD, "Ese ya es el correo"),
    ],
)
def test_what_is_missing_or_wrong_is_said_at_its_field(desk, page, given, field, typed, words):
    again = desk.submit(page, given | {field: typed}, button="Corregir correo")
    assert (again.status, again.path) == (422, page.path)
    assert words in again.errors[field]
    assert OLD in again.text


def test_all_but_the_code_is_kept(desk, page, given):
    again = desk.submit(page, given | {"nacimiento": "18/05/1990"}, button="Corregir correo")
    kept = dict(again.form_with([*given]).form_values())
    assert (kept["otro_codigo"], kept["otro_usuario"]) == ("", given["otro_usuario"])
    assert (kept["correo"], kept["nacimiento"]) == (NEW, "18/05/1990")


def test_the_fact_that_is_asked_is_not_shown_beside_the_form(page):
    assert "17/05/1990" not in page.text


def test_a_probable_slip_is_shown_and_either_is_taken(desk, page, make, other, given):
    slip = given | {"correo": "rosa@gmial.com"}
    for button, taken in (
        ("Corregir a rosa@gmail.com", "rosa@gmail.com"),
        ("Está bien como la escribí", "rosa@gmial.com"),
    ):
        asked = desk.submit(desk.get(page.path), slip, button="Corregir correo")
        assert asked.status == 422
        assert "¿Quiso escribir otra dirección?" in asked.text
        code = {"otro_codigo": make.app_code(other)}
        assert taken in desk.submit(asked, code, button=button, action=page.path).text


def test_birth_dates_cannot_be_tried_one_after_another(desk, page, given):
    for _ in range(10):
        assert desk.submit(page, given | {"nacimiento": "18/05/1990"}, button="Corregir correo").status == 422
    assert desk.submit(page, given, button="Corregir correo").status == 429


def test_who_did_not_search_finds_no_form(desk, rosa):
    path = f"/gestion/clientes/{rosa.account_id}/correo"
    assert desk.get(path).status == 404
    desk.get("/gestion/buscar")
    assert desk.post(path, {"correo": NEW}).status == 404
