"""A payout that the bank left open, and one that was made twice: each is ended by two people."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain import clock
from portal.domain.payout import PayoutState
from portal.extensions import db
from portal.integrations.bank import Approved
from portal.models import Payout
from portal.services.payments import settling
from portal.services.payments.payouts import BANK_PAYOUT
from sandbox.scenarios import example_cci
from tests.factories import CCI


@pytest.fixture
def desk(clients, make):
    return clients().sign_in(make.collaborator())


@pytest.fixture
def boss(clients, make):
    return clients().sign_in(make.supervisor())


@pytest.fixture
def twice(app, make, drain):
    """The number of a payout that the bank made after another had paid the same."""
    juana = make.customer()
    number = make.claim(juana, complete=True)
    make.way(number, juana, cci=example_cci("0001"))
    make.approve(number)
    drain()
    make.way(number, juana, cci=CCI)
    drain()
    with app.app_context():
        payout_id, first = db.session.execute(select(Payout.id, Payout.number).order_by(Payout.id).limit(1)).one()
        settling.settle(BANK_PAYOUT, payout_id, Approved("po_late", "", clock.now()), None)
    return first


def test_a_payout_in_review_ends_by_the_word_of_two(app, desk, boss, make):
    number = make.payout_in_review(make.customer())
    page = desk.get("/gestion/pagos")
    assert "Pagos a personas" in page.text
    address = f"/gestion/pagos/a-personas/{number}"
    assert address in page.html
    page = desk.get(address)
    assert "Pregunte al banco" in page.text
    assert CCI not in page.html
    assert desk.submit(page, {"referencia": "po_1", "explicacion": "Mesa"}).status == 422
    page = desk.submit(page, {"resultado": "pago", "referencia": "po_1", "explicacion": "Mesa de pagos"})
    assert "Falta que lo confirme" in page.text
    page = boss.submit(boss.get(address), action=f"{address}/decision", button="Confirmar")
    assert "el banco hizo este pago" in page.text
    with app.app_context():
        assert db.session.scalars(select(Payout.state)).all() == [PayoutState.DONE]


def test_one_that_was_made_twice_is_listed_until_two_have_closed_it(desk, boss, twice):
    address = f"/gestion/pagos/a-personas/{twice}"
    assert "1 pago hecho dos veces" in desk.get("/gestion").text
    assert "Salió dos veces" in desk.get("/gestion/pagos").text
    page = desk.get(address)
    assert "tiene el dinero dos veces" in page.text
    desk.submit(page, {"referencia": "DEV-1", "explicacion": "Lo devolvió en la agencia"})
    assert (
        "tiene el dinero dos veces"
        in boss.submit(boss.get(address), action=f"{address}/decision", button="Rechazar la propuesta").text
    )
    desk.submit(desk.get(address), {"referencia": "DEV-1", "explicacion": "Lo devolvió en la agencia"})
    page = boss.submit(boss.get(address), action=f"{address}/decision", button="Confirmar")
    assert "no queda nada por recuperar" in page.text
    assert twice not in desk.get("/gestion/pagos").text
    page = boss.post(f"{address}/decision", {"confirmar": "1"})
    assert "ya se resolvió" in page.text
