""" "Cambio de plan" as a person goes through it, without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.clock import lima
from portal.extensions import db
from portal.models import Endorsement, Message, Payment, Policy, Purchase
from portal.services.payments import receipts
from portal.services.platform import encryption
from tests.factories import AGENCY, HOSPITAL, Stage


@pytest.fixture
def juana(make):
    return make.customer()


@pytest.fixture
def rows(app):
    def rows(statement):
        with app.app_context():
            return list(db.session.scalars(statement.order_by(statement.column_descriptions[0]["entity"].id)))

    return rows


@pytest.fixture
def code(app, rows):
    """The digits of the newest mail of a kind with some, as long as it has not left."""

    def code(kind: str) -> str:
        with app.app_context():
            return encryption.unseal(rows(select(Message.secret).where(Message.kind == kind))[-1])

    return code


@pytest.fixture
def number(make, juana, rows, clock_at, drain, client):
    """A policy of Plan 2 that began 119 days ago; its holder is signed in."""
    number = make.policy(juana)
    drain()
    clock_at(lima(rows(select(Policy.starts_at))[0]).replace(hour=9) + timedelta(days=119))
    client.sign_in(juana)
    return number


def test_a_dearer_plan_from_the_policy_to_its_endorsement(client, make, juana, number, code, rows, drain):
    assert f"/polizas/{number}/cambiar-plan" in client.get(f"/polizas/{number}").links.values()
    page = client.get(f"/polizas/{number}/cambiar-plan")
    text = page.text.replace("\xa0", " ")
    for words in ("Usted paga", "S/ 109.39", "243 de 365", "24.28", "Beneficiarios siguen", "IGV (18 %)"):
        assert words.lower() in text.lower(), words
    page = client.submit(page, {}, action=f"/polizas/{number}/cambiar-plan", button="Elegir cómo pagar")
    assert page.heading == "¿Cómo quiere pagar?"
    assert "Beneficiarios" not in [step for step in page.text.splitlines() if step.strip() == "Beneficiarios"]
    assert f"Póliza {number}" in page.text
    assert "Resumen del cambio" in page.text
    home = client.get("/inicio")
    assert "Termine su cambio de plan" in home.text
    assert "COT-2026-000002" not in client.get("/cotizaciones").text, "a change is no quote to look at"
    (public_id,) = rows(select(Purchase.public_id))[-1:]
    make.method(juana, public_id)
    page = client.get(f"/compras/{public_id}")
    assert "Este código autoriza su cambio de plan" in page.text
    page = client.submit(page, {"codigo": code("purchase_code")}, button="Verificar")
    assert page.heading == "Términos de su cambio de plan"
    page = client.submit(page, {"acepta": True}, button="Generar solicitud de pago")
    assert "Cambio al Plan 3" in page.text
    client.submit(page, {}, button="Procesar Pago")
    page = client.get(f"/compras/{public_id}/pago")
    drain()
    page = client.get(f"/compras/{public_id}/resumen")
    assert page.path == f"/polizas/{number}/cambiar-plan/1"
    assert page.heading == "Listo: su póliza pasa al Plan 3"
    assert "Endoso 1: cambio de plan" in client.get(f"/polizas/{number}").text
    page = client.get(f"/polizas/{number}/cambiar-plan")
    assert "Su plan ya cambia el" in page.text
    assert client.get(f"/polizas/{number}/endosos/1/pdf").status == 200


def test_a_cheaper_plan_by_a_code(client, juana, number, code, rows):
    page = client.get(f"/polizas/{number}/cambiar-plan?plan=plan-1")
    assert "Le devolvemos" in page.text
    page = client.submit(page, {}, action=f"/polizas/{number}/cambiar-plan", button="Enviar código")
    assert page.heading == "Confirme con su código"
    digits = code("plan_code")
    page = client.submit(page, {"codigo": "000000" if digits != "000000" else "111111"}, button="Cambiar de plan")
    assert page.status == 422
    page = client.submit(page, {"codigo": digits}, button="Cambiar de plan")
    assert page.heading == "Listo: su póliza pasa al Plan 1"
    assert "Devolución DV-" in page.text
    assert rows(select(Endorsement.plan_code)) == ["plan-2", "plan-1"]


def test_what_was_begun_can_be_gone_on_with_or_left(client, make, juana, number, rows):
    public_id = make.plan_bought(number, juana, stage=Stage.STARTED)
    page = client.get(f"/polizas/{number}/cambiar-plan")
    assert "Ya empezó un cambio de plan" in page.text
    assert f"/compras/{public_id}" in page.links.values()
    leave = f"/polizas/{number}/cambiar-plan/retirar"
    assert (
        "Retiramos ese cambio. Su póliza sigue igual"
        in client.submit(page, {}, action=leave, button="Retirar ese cambio").text
    )
    page = client.submit(page, {}, action=leave, button="Retirar ese cambio")
    assert "Ese cambio ya no estaba pendiente" in page.text
    assert "no se le cobró" not in page.text
    page = client.get(f"/compras/{public_id}")
    assert page.path == f"/polizas/{number}/cambiar-plan", "what is over leads back to where it began"


def test_what_was_paid_while_its_page_stood_open_is_not_said_to_have_cost_nothing(app, client, make, juana, number):
    make.plan_bought(number, juana, stage=Stage.TERMS, agency=AGENCY)
    at = f"/polizas/{number}/cambiar-plan"
    page = client.get(at)
    with app.app_context():
        slip = db.session.scalars(select(Payment).order_by(Payment.id.desc()).limit(1)).one()
        receipts.receive(slip.number, slip.amount, make.collaborator().actor)
    page = client.submit(page, {}, action=f"{at}/retirar", button="Retirar ese cambio")
    assert page.path == at
    assert "Ese cambio ya no estaba pendiente" in page.text
    assert "Su plan ya cambia el" in page.text
    assert "no se le cobró" not in page.text


def test_a_page_that_was_left_open_over_noon_shows_the_account_anew(client, juana, number, clock_at, rows):
    noon = lima(rows(select(Policy.starts_at))[0]) + timedelta(days=119)
    clock_at(noon - timedelta(minutes=10))
    page = client.sign_in(juana).get(f"/polizas/{number}/cambiar-plan?plan=plan-1")
    clock_at(noon + timedelta(minutes=10))
    page = client.submit(page, {}, action=f"/polizas/{number}/cambiar-plan", button="Enviar código")
    assert page.status == 422
    assert "Mientras tanto cambió la cuenta" in page.text
    assert rows(select(Message).where(Message.kind == "plan_code")) == []
    assert (
        client.submit(page, {}, action=f"/polizas/{number}/cambiar-plan", button="Enviar código").heading
        == "Confirme con su código"
    )


def test_a_claim_stops_it_and_its_page_says_so(client, make, juana, rows, clock_at, drain):
    number = make.policy(juana, product=HOSPITAL)
    clock_at(lima(rows(select(Policy.starts_at))[0]).replace(hour=9) + timedelta(days=119))
    claim = make.claim(juana, policy=number)
    client.sign_in(juana)
    page = client.get(f"/polizas/{number}/cambiar-plan")
    assert f"Primero termina su siniestro {claim}" in page.text
    assert "Elegir cómo pagar" not in page.text
    assert f"Primero termina el siniestro {claim}" in client.get(f"/polizas/{number}").text


def test_somebody_elses_policy_is_not_found(client, make, number):
    client.sign_in(make.customer())
    assert client.get(f"/polizas/{number}/cambiar-plan").status == 404
