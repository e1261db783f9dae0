""" "Desvincular" as a person goes through it, without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.clock import lima
from portal.extensions import db
from portal.models import Message, Policy, PolicyChange, Refund
from portal.services.payments import receipts
from portal.services.platform import encryption
from tests.factories import ACCIDENT, AGENCY, HOSPITAL


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
def code(rows):
    """The digits of the newest mail with one, as long as it has not left."""

    def code() -> str:
        return encryption.unseal(rows(select(Message.secret).where(Message.kind == "end_code"))[-1])

    return code


def test_from_the_policy_to_its_end(app, client, make, juana, rows, code, clock_at, drain):
    number = make.policy(juana)
    drain()
    (starts_at,) = rows(select(Policy.starts_at))
    clock_at(lima(starts_at).replace(hour=9) + timedelta(days=119))
    client.sign_in(juana)
    assert f"/polizas/{number}/desvincular" in client.get(f"/polizas/{number}").links.values()
    page = client.get(f"/polizas/{number}/desvincular")
    assert "S/ 72.92 × 246 ÷ 365 = S/ 49.15" in page.text.replace("\xa0", " ")
    assert "Arrepentirse en 15 días" in page.text
    page = client.submit(page, {}, action=f"/polizas/{number}/desvincular", button="Enviar código")
    assert page.heading == "Confirme con su código"
    with app.app_context():
        digits = code()
    wrong = "000000" if digits != "000000" else "111111"
    page = client.submit(page, {"codigo": wrong}, button="Desvincular")
    assert page.status == 422
    assert "codigo" in page.errors
    page = client.submit(page, {"codigo": digits}, button="Desvincular")
    assert page.heading == "Su póliza quedó desvinculada"
    assert rows(select(Refund.number))[0] in page.text
    drain()
    assert "Entregada" in client.get(f"/polizas/{number}/desvincular").text
    assert "Su póliza quedó desvinculada" in client.get(f"/polizas/{number}").text
    pdf = client.get(f"/polizas/{number}/endosos/1/pdf")
    assert pdf.response.mimetype == "application/pdf"


def test_what_was_paid_in_cash_asks_where_it_is_collected(app, client, make, juana, rows, code):
    slip = make.slip(juana)
    with app.app_context():
        receipts.receive(slip.number, slip.amount, make.collaborator().actor)
    (number,) = rows(select(Policy.number))
    client.sign_in(juana)
    page = client.get(f"/polizas/{number}/desvincular")
    page = client.submit(page, {"agencia": ""}, button="Enviar código")
    assert page.status == 422
    assert "agencia" in page.errors
    page = client.submit(page, {"agencia": AGENCY}, button="Enviar código")
    with app.app_context():
        page = client.submit(page, {"codigo": code()}, button="Desvincular")
    assert "Recójala en" in page.text


def test_a_claim_that_is_open_is_named_and_nothing_can_be_sent(client, make, juana):
    number = make.policy(juana, product=HOSPITAL)
    claim = make.claim(juana, policy=number)
    client.sign_in(juana)
    page = client.get(f"/polizas/{number}/desvincular")
    assert f"Primero termina su siniestro {claim}" in page.text
    assert "Enviar código" not in page.text


def test_beside_the_end_stands_what_else_there_is(client, make, juana):
    number = make.policy(juana)
    page = client.sign_in(juana).get(f"/polizas/{number}/desvincular")
    assert "Seguir con su seguro" in page.text
    assert f"/polizas/{number}/beneficiarios" in page.links.values()
    assert "Si usted fallece" in page.text
    assert "Si fallece quien lo compró" not in page.text


def test_a_death_that_was_told_leads_to_its_claim(client, make, juana):
    number = make.policy(juana)
    claim = make.claim(juana, ACCIDENT, policy=number)
    page = client.sign_in(juana).get(f"/polizas/{number}/desvincular")
    assert "no se desvincula: se cobra" in page.text
    assert f"/siniestros/{claim}" in page.links.values()
    assert "Enviar código" not in page.text


def test_a_holder_who_is_not_insured_reads_what_each_death_means(client, make, juana, rows):
    make.policy(juana, quote=make.quote(juana, insured=make.insured()))
    (number,) = rows(select(Policy.number))
    page = client.sign_in(juana).get(f"/polizas/{number}/desvincular")
    assert "Si fallece la persona asegurada" in page.text
    assert "El seguro sigue: ya está pagado" in page.text


def test_the_code_page_without_an_end_asked_for_leads_to_what_it_would_do(client, make, juana, rows):
    number = make.policy(juana)
    client.sign_in(juana)
    assert client.get(f"/polizas/{number}/desvincular/codigo").path == f"/polizas/{number}/desvincular"
    assert rows(select(PolicyChange)) == []


def test_where_to_collect_what_the_bank_refused_is_chosen_on_its_page(client, make, juana, rows):
    number = make.refund_refused(juana)
    client.sign_in(juana)
    assert "Elija cómo recibir" in client.get("/inicio").text
    page = client.get(f"/devoluciones/{number}")
    page = client.submit(page, {"forma": "efectivo", "agencia": ""}, button="Guardar y pedir mi dinero")
    assert page.status == 422
    assert set(page.errors) == {"agencia"}
    page = client.submit(page, {"forma": "efectivo", "agencia": AGENCY}, button="Guardar y pedir mi dinero")
    assert page.path == f"/devoluciones/{number}"
    assert "Recójala en" in page.text


def test_the_menu_marks_the_place_that_a_page_lies_within(client, make, juana):
    number, claim = make.policy(juana), make.claim(juana)
    client.sign_in(juana)
    for address, place in {
        f"/polizas/{number}/desvincular": "Mis Seguros",
        f"/polizas/{number}/evidencia": "Mis Seguros",
        f"/siniestros/{claim}/retirar": "Mis Siniestros",
        f"/siniestros/{claim}/cobro/{make.party(claim)}": "Mis Siniestros",
        "/seguros": "Mis Seguros",
    }.items():
        marked = client.get(address).document.xpath("//*[@aria-current='page']")
        assert {" ".join(one.text_content().split()) for one in marked} == {place}, address


def test_another_account_is_typed_and_its_money_followed(client, make, juana, rows, drain):
    number = make.refund_refused(juana)
    client.sign_in(juana)
    page = client.get(f"/devoluciones/{number}")
    page = client.submit(page, {"forma": "cuenta", "cci": "123"}, button="Guardar y pedir mi dinero")
    assert page.status == 422
    assert set(page.errors) == {"cci"}
    page = client.submit(page, {"forma": "cuenta", "cci": "00219100000000482155"}, button="Guardar y pedir mi dinero")
    assert "El banco la está pasando a su cuenta: BCP •••• 2155" in page.text
    assert "00219100000000482155" not in page.html
    drain()
    (instead,) = rows(select(Refund.number).where(Refund.cci.is_not(None)))
    page = client.get(f"/devoluciones/{instead}")
    assert "Ya la tiene" in page.text


def test_what_paid_a_benefit_says_so_and_no_day_to_withdraw(client, make, juana):
    number = make.policy(juana, product=HOSPITAL)
    make.approve(make.claim(juana, policy=number, complete=True))
    client.sign_in(juana)
    text = client.get(f"/polizas/{number}/desvincular").text
    assert "Ya se usó: este seguro aprobó un pago." in text
    assert "Podía arrepentirse" not in text
