"""Names in small letters or in capitals: shown as names are written, and the typed form one press away, everywhere."""

from __future__ import annotations

import pytest

from tests.client import PageClient
from tests.factories import Stage
from tests.web.test_signup_pages import ANA, CONTACT, fill_in, tell_contact


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def visitor(app, request):
    return PageClient(app, htmx=request.param)


SHOUTED = {"nombres": "rosa", "apellido_paterno": "CONDORI", "apellido_materno": "DE LA CRUZ"}


def test_a_sign_up_shows_the_proper_case_and_goes_on_with_it(visitor):
    page = fill_in(visitor, **SHOUTED)
    assert page.status == 422
    assert page.errors == {}
    assert "El nombre quedará así: Rosa Condori de la Cruz" in page.text
    assert "Usted escribió rosa CONDORI DE LA CRUZ" in page.text
    page = visitor.submit(page, {"nombres": "Rosa"})
    assert page.heading == CONTACT
    page = tell_contact(visitor, page, **ANA)
    shown = visitor.follow(page, "Corregir el correo").values("correo")
    assert (shown["nombres"], shown["apellido_paterno"], shown["apellido_materno"]) == ("Rosa", "Condori", "de la Cruz")


def test_the_typed_form_is_one_press_away(visitor):
    page = fill_in(visitor, **SHOUTED)
    page = visitor.submit(page, {"nombres": "Rosa"}, button="Dejar como lo escribí")
    assert page.heading == CONTACT
    page = tell_contact(visitor, page, **ANA)
    assert page.path.endswith("/terminos"), "it is asked once"
    shown = visitor.follow(page, "Corregir el correo").values("correo")
    assert (shown["nombres"], shown["apellido_paterno"]) == ("rosa", "CONDORI")


def test_what_is_edited_after_the_question_stays_edited(visitor):
    page = fill_in(visitor, **SHOUTED)
    page = visitor.submit(page, {"nombres": "Rosalía"}, button="Dejar como lo escribí")
    shown = page.values("correo")
    assert (shown["nombres"], shown["apellido_paterno"]) == ("Rosalía", "CONDORI")


@pytest.mark.parametrize("name", ["Rosa", "McArthur", "Ana Lucía", "D'Angelo", "D´Angelo", "Ana‑María"])
def test_a_name_in_proper_case_is_not_asked_about(visitor, name):
    assert fill_in(visitor, nombres=name).path.endswith("/terminos")


@pytest.mark.parametrize(
    ("typed", "proper"), [("d´angelo", "D'Angelo"), ("O’NEIL", "O'Neil"), ("ana‑maría", "Ana-María")]
)
def test_marks_that_only_look_like_the_keyboards_part_a_name_as_those_do(visitor, typed, proper):
    page = fill_in(visitor, nombres=typed)
    assert page.values("nombres")["nombres"] == proper
    page = visitor.submit(page, {"nombres": proper}, button="Dejar como lo escribí")
    assert page.heading == CONTACT


def test_wrong_answers_are_said_before_the_case_is_asked(visitor):
    page = fill_in(visitor, **SHOUTED | {"fecha_nacimiento": "12"})
    assert [*page.errors] == ["fecha_nacimiento"]
    assert "quedará así" not in page.text


def test_a_beneficiary_is_asked_about_and_kept_either_way(make, visitor):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.STARTED)
    page = visitor.sign_in(juana).get(f"/compras/{public_id}/beneficiarios")
    typed = {
        "parentesco": "hijo",
        "nombres": "ángel",
        "apellidos": "QUISPE MAMANI",
        "fecha_nacimiento": "14/11/1999",
        "porcentaje": "100",
    }
    page = visitor.submit(page, typed, button="Agregar otra persona")
    assert "El nombre quedará así: Ángel Quispe Mamani" in page.text
    kept = visitor.submit(page, {"porcentaje": "100"}, button="Agregar otra persona")
    assert "Ángel Quispe Mamani" in kept.text
    page = visitor.get(f"/compras/{public_id}/beneficiarios", persona="nueva")
    page = visitor.submit(page, typed | {"nombres": "luis"}, button="Agregar otra persona")
    page = visitor.submit(page, {"porcentaje": "100"}, button="Dejar como lo escribí")
    assert page.path.endswith("/beneficiarios")
    assert "luis QUISPE MAMANI" in page.text


def test_who_collects_for_a_child_is_shown_as_somebody_else(make, visitor):
    juana = make.customer()
    page = visitor.sign_in(juana).get(f"/compras/{make.purchase(juana, Stage.STARTED)}/beneficiarios")
    typed = {
        "parentesco": "hijo",
        "nombres": "PEDRO",
        "apellidos": "QUISPE",
        "fecha_nacimiento": "14/11/2018",
        "porcentaje": "100",
        "representante": "MARÍA rojas",
    }
    page = visitor.submit(page, typed, button="Agregar otra persona")
    assert "El nombre quedará así: Pedro Quispe; María Rojas" in page.text
    assert "Usted escribió PEDRO QUISPE; MARÍA rojas" in page.text


def test_another_insured_of_a_quote_is_asked_about_and_oneself_is_not(make, visitor):
    juana = make.customer()
    page = visitor.sign_in(juana).get("/cotizar/muerte-accidental/plan-2")
    mine = visitor.submit(page, {"asegurado": "yo", "nombres": "rosa"})
    assert "/cotizaciones/" in mine.path
    page = visitor.get("/cotizar/muerte-accidental/plan-2")
    other = SHOUTED | {
        "asegurado": "otra",
        "tipo_documento": "DNI",
        "numero_documento": "45678912",
        "fecha_nacimiento": "14/11/1999",
        "acepta_asegurado": True,
    }
    page = visitor.submit(page, other)
    assert "El nombre quedará así: Rosa Condori de la Cruz" in page.text
    page = visitor.submit(page, {"acepta_asegurado": True})
    assert "Rosa Condori de la Cruz" in page.text
    assert "/cotizaciones/" in page.path


def test_the_desk_is_asked_when_it_corrects(make, visitor):
    rosa = make.customer()
    visitor.sign_in(make.collaborator())
    found = visitor.submit(visitor.get("/gestion/buscar"), {"dato": rosa.identity.number}, button="Buscar")
    page = visitor.follow(found, "Corregir datos")
    page = visitor.submit(page, {"nombres": "ROSA", "documento": True}, button="Revisar")
    assert "El nombre quedará así: Rosa Mamani Quispe" in page.text
    page = visitor.submit(page, {"documento": True}, button="Revisar")
    page = visitor.submit(page, {"documento": True}, button="Proponer la corrección")
    assert "Lo anotamos" in page.text
