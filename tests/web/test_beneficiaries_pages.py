"""Beneficiaries as a person changes them, without script."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import ChangeBeneficiary, Policy, PolicyChange
from tests.factories import ACCIDENT, FUNERAL, PASSWORD, beneficiary
from tests.web.wizard import ROSA


@pytest.fixture
def juana(make):
    return make.customer()


@pytest.fixture
def number(make, juana):
    return make.policy(juana, named=[beneficiary("Carmen")])


@pytest.fixture
def rows(app):
    def rows(statement):
        with app.app_context():
            return list(db.session.scalars(statement))

    return rows


def test_from_the_policy_to_other_beneficiaries(client, make, juana, number, drain):
    at = f"/polizas/{number}/beneficiarios"
    page = client.sign_in(juana).get(f"/polizas/{number}")
    assert at in page.links.values()
    page = client.submit(client.get(at), {}, action=at, button="Cambiar beneficiarios")
    assert page.path == f"{at}/beneficiarios"
    assert "Carmen" in page.text
    page = client.follow(page, "Editar a Carmen Quispe Mamani")
    page = client.submit(page, {"porcentaje": "40"}, button="Guardar a esta persona")
    page = client.submit(page, {}, action=f"{at}/beneficiarios", button="Agregar otra persona")
    page = client.submit(
        page,
        ROSA | {"numero_documento": "71452239", "porcentaje": "60"},
        action=f"{at}/beneficiarios",
        button="Siguiente",
    )
    assert page.path == f"{at}/confirmacion"
    assert "Hoy cobran" in page.text
    assert "Cobrarán" in page.text
    page = client.submit(page, {}, button="Enviar código")
    digits = make.newest_code("beneficiaries_code")
    wrong = "000000" if digits != "000000" else "111111"
    page = client.submit(page, {"codigo": wrong}, button="Verificar")
    assert (page.status, "codigo" in page.errors) == (422, True)
    page = client.submit(page, {"codigo": digits}, button="Verificar")
    assert page.path == at
    assert "Listo: sus beneficiarios cambiaron" in page.text
    assert "60 %" in page.text
    drain()
    assert client.get(f"/polizas/{number}/endosos/1/pdf").response.mimetype == "application/pdf"
    page = client.get(f"/polizas/{number}")
    assert "Endoso 1: beneficiarios" in page.text
    assert "Beneficiarios cambiados: endoso 1" in page.text
    assert client.get(f"{at}/confirmacion").path == at


def test_the_same_list_is_said_to_be_the_same(client, juana, number):
    at = f"/polizas/{number}/beneficiarios"
    page = client.submit(client.sign_in(juana).get(at), {}, action=at, button="Cambiar beneficiarios")
    assert client.get(f"{at}/confirmacion").path == f"{at}/beneficiarios"
    page = client.submit(page, {}, action=f"{at}/beneficiarios", button="Siguiente")
    assert page.status == 422
    assert "no hay nada que cambiar" in page.text


def test_a_change_is_gone_on_with_or_let_go(client, juana, number, rows):
    at = f"/polizas/{number}/beneficiarios"
    client.submit(client.sign_in(juana).get(at), {}, action=at, button="Cambiar beneficiarios")
    page = client.submit(client.get(at), {}, action=at, button="Seguir con el cambio")
    assert page.path == f"{at}/beneficiarios"
    page = client.submit(client.get(at), {}, action=at, button="Descartar el cambio")
    assert page.path == at
    assert rows(select(ChangeBeneficiary)) == []


def test_somebody_typed_while_the_session_ends_comes_back(client, juana, number, rows, clock):
    at = f"/polizas/{number}/beneficiarios"
    page = client.submit(client.sign_in(juana).get(at), {}, action=at, button="Cambiar beneficiarios")
    page = client.submit(page, {}, action=f"{at}/beneficiarios", button="Agregar otra persona")
    clock(minutes=31)
    page = client.submit(page, ROSA, action=f"{at}/beneficiarios", button="Siguiente")
    page = client.submit(page, {"usuario": juana.username, "clave": PASSWORD})
    assert page.path.startswith(f"{at}/beneficiarios")
    shown = page.values("nombres", "porcentaje")
    assert {name: shown[name] for name in ROSA} == ROSA
    assert rows(select(ChangeBeneficiary.names)) == ["Carmen"]


def test_each_change_that_cannot_be_made_says_why(client, make, juana, number, rows):
    funeral = make.policy(juana, product=FUNERAL)
    client.sign_in(juana)
    assert f"/polizas/{funeral}/beneficiarios" not in client.get(f"/polizas/{funeral}").links.values()
    page = client.get(f"/polizas/{funeral}/beneficiarios")
    assert "Cambiar beneficiarios" not in page.text
    claim = make.claim(juana, ACCIDENT, policy=number)
    page = client.get(f"/polizas/{number}")
    assert f"Primero termina el siniestro {claim}. Luego puede cambiarlos." in page.text
    assert f"Nos avisaron de un fallecimiento: siniestro {claim}. No se desvincula: se cobra." in page.text
    assert f"/polizas/{number}/desvincular" not in page.links.values()
    assert "Ahora no se pueden cambiar" in client.get(f"/polizas/{number}/beneficiarios").text
    assert rows(select(PolicyChange)) == []


def test_who_is_insured_by_another_reads_who_decides(client, make, juana, rows):
    other = make.insured()
    make.policy(juana, quote=make.quote(juana, insured=other))
    (number,) = rows(select(Policy.number))
    page = client.sign_in(juana).get(f"/polizas/{number}/beneficiarios")
    assert "que es la persona asegurada, decide quién cobra" in page.text
    assert "Cambiar beneficiarios" not in page.text
