"""Pages of a review and of a withdrawal: what they say before, and what is done."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from portal.domain import clock
from portal.domain.claim import ClaimState
from portal.extensions import db
from portal.models import Appeal, Claim, Message
from portal.models.transaction import writing
from tests.client import PageClient

WORDS = "La caída fue en el trabajo y hay dos testigos."


@pytest.fixture
def juana(make):
    return make.customer(names="Juana Rosa")


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def browser(app, juana, request):
    return PageClient(app, htmx=request.param).sign_in(juana)


@pytest.fixture
def number(make, juana):
    return make.claim(juana, complete=True)


def reject(app):
    with app.app_context(), writing() as session:
        session.execute(update(Claim).values(state=ClaimState.REJECTED, decided_at=clock.now()))


def test_what_taking_it_back_means_is_said_first(app, browser, number):
    page = browser.get(f"/siniestros/{number}/retirar")
    for words in ("dejamos de verlo", "Su seguro sigue igual", "puede registrarlo otra vez"):
        assert words in page.text
    page = browser.post(f"/siniestros/{number}/retirar")
    assert "Retirado. Le enviamos un correo" in page.text
    with app.app_context():
        assert db.session.scalars(select(Claim.state)).one() is ClaimState.WITHDRAWN
    assert "ya está retirado" in browser.get(f"/siniestros/{number}/retirar").text


def test_a_review_is_asked_for_and_answered_by_another_in_a_letter(app, make, juana, browser, number, drain):
    address = f"/siniestros/{number}/revision"
    assert "todavía no tiene una respuesta" in browser.get(address).text
    reject(app)
    page = browser.submit(browser.get(address), {"motivo": ""})
    assert "motivo" in page.errors
    page = browser.submit(page, {"motivo": WORDS})
    assert "Recibimos su pedido de revisión RV-" in page.text
    assert WORDS in page.text
    desk = PageClient(app).sign_in(make.collaborator())
    page = desk.get("/gestion/revisiones")
    assert number in page.text
    with app.app_context():
        appeal = db.session.scalars(select(Appeal.number)).one()
    page = desk.follow(page, f"Ver {appeal}")
    page = desk.submit(page, {"resultado": "no", "respuesta": "Leímos el parte otra vez."})
    assert "La persona recibe su carta" in page.text
    assert "Leímos el parte otra vez." in browser.get(address).text
    page = browser.get(f"/siniestros/{number}")
    assert "Ver qué le respondimos" in page.text
    assert "Pedir que se revise" not in page.text
    assert "No hay pedidos" in desk.get("/gestion/revisiones").text
    drain()
    letter = desk.follow(desk.get(f"/gestion/revisiones/{appeal}"), "Carta para imprimir (PDF)")
    assert letter.data.startswith(b"%PDF")
    owner = PageClient(app).sign_in(juana)
    with app.app_context():
        message_id = db.session.scalars(select(Message.id).where(Message.kind == "appeal_answered")).one()
    for page, words in (
        (f"/siniestros/{number}", "Respuesta a su revisión"),
        (f"/comunicaciones/{message_id}", f"carta-{appeal}.pdf"),
    ):
        (link,) = [one for shown, one in owner.get(page).links.items() if words in shown]
        assert owner.get(link).data == letter.data


def test_a_rejected_claim_says_it_once_and_offers_a_review_until_one_is_asked_for(app, make, browser, juana, number):
    make.reject(number)
    page = browser.get(f"/siniestros/{number}")
    assert page.text.count("No podemos pagar este pedido") == 1
    assert "Cómo cobra" not in page.text
    page = browser.submit(browser.follow(page, "Pedir que se revise"), {"motivo": WORDS})
    page = browser.follow(page, f"Pedido {number}")
    assert "Le respondemos por correo hasta el" in page.text
    assert "Pedir que se revise" not in page.text
    assert WORDS in browser.follow(page, "Ver lo que pidió").text


def test_after_its_days_no_review_is_offered(make, clock, juana, browser, number):
    make.reject(number)
    clock(days=40)
    assert "Pedir que se revise" not in browser.sign_in(juana).get(f"/siniestros/{number}").text


def test_the_page_of_a_review_leads_to_its_claim(app, make, juana, number):
    make.reject(number)
    make.appeal(number, juana)
    desk = PageClient(app).sign_in(make.collaborator())
    page = desk.get("/gestion/revisiones")
    page = desk.follow(page, next(one for one in page.links if one.startswith("Ver RV-")))
    assert desk.follow(page, number).path == f"/gestion/siniestros/{number}"
