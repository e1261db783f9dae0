"""The desk's pages about what differs from the bank's settlement."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain import clock
from portal.domain.settlement import Differs
from portal.models import Settlement
from portal.models.transaction import writing
from tests.guards.queries import CEILING, queries


@pytest.fixture
def desk(clients, make):
    return clients().sign_in(make.collaborator())


@pytest.fixture
def boss(clients, make):
    return clients().sign_in(make.supervisor())


def test_a_difference_is_on_the_desk_until_two_have_ended_it(desk, boss, make):
    number = make.payment_in_review(make.customer())
    address = f"/gestion/cuadre/diferencias/{make.difference(number)}"
    assert "1 diferencia con el banco" in desk.get("/gestion").text
    page = desk.get("/gestion/cuadre")
    assert address in page.html
    assert "Usted y un supervisor" in page.text
    page = desk.get(address)
    assert "Pregunte al banco cuánto movió" in page.text
    assert desk.submit(page, {"referencia": "", "explicacion": ""}).status == 422
    said = {"referencia": "CASO-7", "explicacion": "Mesa de comercios"}
    assert "Falta que lo confirme" in desk.submit(page, said).text
    page = boss.submit(boss.get(address), action=f"{address}/decision", button="Rechazar la propuesta")
    assert "sigue por resolver" in page.text
    desk.submit(desk.get(address), said)
    page = boss.submit(boss.get(address), action=f"{address}/decision", button="Confirmar")
    assert "Cómo terminó" in page.text
    assert "CASO-7" in page.text
    assert "Nada por resolver" in desk.get("/gestion/cuadre").text
    assert "diferencia con el banco" not in desk.get("/gestion").text
    day = (clock.today() - timedelta(days=1)).isoformat()
    assert f"/gestion/cuadre/dias/{day}" in desk.get("/gestion/cuadre/dias").html
    assert "Resuelta" in desk.get(f"/gestion/cuadre/dias/{day}").text


def test_what_is_reviewed_elsewhere_leads_there_and_asks_for_nothing(desk, make):
    number = make.payment_in_review(make.customer())
    page = desk.get(f"/gestion/cuadre/diferencias/{make.difference(number, Differs.UNCONFIRMED)}")
    assert page.links["Ver el pago por confirmar"] == f"/gestion/pagos/{number}"
    assert "Proponer" not in page.text
    assert "diferencia con el banco" not in desk.get("/gestion").text


def test_a_day_that_did_not_come_is_on_the_desk(app, desk):
    with app.app_context(), writing() as session:
        session.add(Settlement(day=clock.today() - timedelta(days=3)))
    assert "1 día del banco que no llegó" in desk.get("/gestion").text
    assert "Falta el día" in desk.get("/gestion/cuadre").text
    assert "No llegó a tiempo" in desk.get("/gestion/cuadre/dias").text


def test_what_is_no_day_and_no_difference_is_not_found(desk):
    for address in ("dias/2026-02-30", "dias/hoy", "dias/2020-01-01", "diferencias/999"):
        assert desk.raw.get(f"/gestion/cuadre/{address}").status_code == 404


def test_its_pages_cost_the_same_few_queries_however_much_differs(app, desk, make):
    ids = [make.difference(make.payment_in_review(make.customer()))]
    day = (clock.today() - timedelta(days=1)).isoformat()
    pages = ["/gestion/cuadre", "/gestion/cuadre/dias", f"/gestion/cuadre/dias/{day}"]
    pages.append(f"/gestion/cuadre/diferencias/{ids[0]}")
    few = [len(queries(app, desk, page) or ()) for page in pages]
    ids += [make.difference(make.payment_in_review(make.customer())) for _ in range(4)]
    assert [len(queries(app, desk, page) or ()) for page in pages] == few
    assert 0 < min(few) <= max(few) <= CEILING
