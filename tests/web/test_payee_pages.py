"""How a person of a claim says where their money goes: their own page, the desk's, and what neither lets through."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.domain.claim import PayoutWay
from portal.domain.payout import PayoutState
from portal.extensions import db
from portal.models import ClaimParty, Draft, Payout
from sandbox.scenarios import example_cci
from tests.client import PageClient
from tests.factories import AGENCY, CCI

CLOSED = example_cci("0001")


@pytest.fixture
def juana(make):
    return make.customer(names="Juana Rosa")


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def browser(app, juana, request):
    return PageClient(app, htmx=request.param).sign_in(juana)


@pytest.fixture
def address(make, juana):
    """Where Juana chooses, for a claim with all that it needs."""
    number = make.claim(juana, complete=True)
    return f"/siniestros/{number}/cobro/{make.party(number)}"


def party(app):
    with app.app_context():
        return db.session.scalars(select(ClaimParty)).one()


def number_of(address):
    return address.split("/")[2]


def test_an_account_is_chosen_and_shown_by_its_last_digits_alone(app, browser, address):
    page = browser.get(address)
    assert "¿Cómo quiere cobrar?" in page.heading
    page = browser.submit(page, {"forma": "cuenta", "cci": f" {CCI[:3]}-{CCI[3:6]}-{CCI[6:18]}-{CCI[18:]} "})
    assert page.status == 200
    assert (party(app).way, party(app).cci) == (PayoutWay.ACCOUNT, CCI)
    page = browser.get(address)
    assert "•••• 2155" in page.text
    assert CCI not in page.html


def test_a_number_that_may_be_wrong_is_typed_again_and_one_that_is_wrong_is_not_taken(app, browser, address):
    other = "80910000000000482100"  # of a caja, whose check nobody knows
    page = browser.submit(browser.get(address), {"forma": "cuenta", "cci": other})
    assert page.errors == {"cci_otra_vez": "Para estar seguros, escriba el número otra vez."}
    page = browser.submit(page, {"cci_otra_vez": other[:-1] + "1"})
    assert "no son iguales" in page.errors["cci_otra_vez"]
    page = browser.submit(page, {"cci_otra_vez": other})
    assert (page.status, party(app).cci) == (200, other)
    for typed, words in (("123", "tiene 20 números"), (CCI[:-1] + "0", "Revise el número"), ("", "Escriba los 20")):
        page = browser.submit(browser.get(address), {"forma": "cuenta", "cci": typed})
        assert words in page.errors["cci"]
    page = browser.submit(browser.get(address), {"forma": "efectivo", "agencia": ""})
    assert "agencia" in page.errors


def test_nothing_of_an_account_is_kept_in_a_draft(app, browser, address):
    browser.submit(browser.get(address), {"forma": "cuenta", "cci": CCI[:-1]})
    assert browser.get(address).values("cci")["cci"] == ""
    with app.app_context():
        assert db.session.scalars(select(Draft)).all() == []


def test_cash_is_chosen_and_changed_for_an_account(app, make, browser, address):
    browser.submit(browser.get(address), {"forma": "efectivo", "agencia": AGENCY})
    make.approve(number_of(address))
    old = browser.get(address)
    assert "600.00" in old.text
    browser.submit(old, {"forma": "cuenta", "cci": CCI})
    with app.app_context():
        states = list(db.session.scalars(select(Payout.state).order_by(Payout.id)))
    assert states == [PayoutState.VOID, PayoutState.PROCESSING]
    page = browser.get(address)
    assert "ya salió al banco" in page.text
    page = browser.submit(old, {"forma": "efectivo", "agencia": AGENCY})
    assert "ya salió al banco" in page.text, "pressed in a page that is too old"


def test_what_the_bank_refused_is_said_with_another_way(make, juana, browser, address, drain):
    make.way(number_of(address), juana, cci=CLOSED)
    make.approve(number_of(address))
    drain()
    page = browser.get(address)
    assert "Su dinero no se pierde" in page.text
    assert "esa cuenta está cerrada" in page.text
    assert page.form_with(["forma"]) is not None


def test_the_desk_sees_what_came_back_and_enters_another_way(app, make, juana, address, drain):
    make.way(number_of(address), juana, cci=CLOSED)
    make.approve(number_of(address), Decimal("150.00"))
    drain()
    desk = PageClient(app).sign_in(make.collaborator())
    assert "1 pago de siniestro devuelto" in desk.get("/gestion").text
    page = desk.get("/gestion/pagos-de-siniestros")
    for fact in (number_of(address), "150.00", "esa cuenta está cerrada"):
        assert fact in page.text
    page = desk.follow(page, f"Elegir para {number_of(address)}")
    typed = {"forma": "efectivo", "agencia": AGENCY}
    assert "codigo" in desk.submit(page, typed).errors, "she has an account: it is hers to choose"
    page = desk.submit(page, button="Enviar código", action=f"/gestion{address}/codigo")
    code = make.mailed_code("payout_way_code")
    wrong = "000000" if code != "000000" else "111111"
    assert "codigo" in desk.submit(page, typed | {"codigo": wrong}).errors
    page = desk.submit(page, typed | {"codigo": code})
    assert "Todo lo aprobado tiene cómo pagarse" in page.text
    page = desk.get("/gestion/caja/pagos")
    assert "Pagos de siniestros por entregar" in page.text
    page = desk.follow(page, next(words for words in page.links if words.startswith("Ver PG")))
    assert juana.identity.number in page.text
    me = PageClient(app).sign_in(make.collaborator(document_number=juana.identity.number))
    assert me.get(f"/gestion{address}").path == "/gestion"
