""" "Desvincular" with the customer at the desk, without a script and with htmx."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Policy, PolicyChange
from portal.services.desk import search
from portal.services.payments import receipts
from tests.client import PageClient
from tests.factories import ACCIDENT, AGENCY


@pytest.fixture
def clerk(make):
    return make.collaborator()


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def desk(request, app, clerk, someone) -> PageClient:
    """The browser of a clerk who has looked the customer up."""
    with app.app_context():
        search.find(someone.identity.number, clerk.actor)
    return PageClient(app, htmx=request.param).sign_in(clerk)


def test_from_the_customer_to_the_end_of_a_policy(app, client, desk, make, someone):
    number = make.policy(someone)
    page = desk.follow(desk.get(f"/gestion/clientes/{someone.account_id}"), f"Desvincular {number}")
    assert "Léale esta cuenta al cliente" in page.text
    assert "Le devolvemos" in page.text
    page = desk.submit(page, {}, action=page.path, button="Enviar código al cliente")
    assert page.heading == "Pida el código al cliente"
    digits = make.newest_code("end_code")
    assert digits not in page.text
    own = client.sign_in(someone).get(f"/polizas/{number}/desvincular/codigo")
    assert "Lo pidió por usted el personal de MASSIV" in own.text
    assert "dígalo solo a quien lo atiende" in own.text
    assert "No lo comparta con nadie" not in own.text, "its mail asks to say it"
    page = desk.submit(page, {"codigo": "000000" if digits != "000000" else "111111"}, button="Desvincular")
    assert (page.status, "codigo" in page.errors) == (422, True)
    page = desk.submit(page, {"codigo": digits}, button="Desvincular")
    assert page.path == f"/gestion/clientes/{someone.account_id}"
    assert f"La póliza {number} quedó desvinculada" in page.text
    page = desk.get(f"/gestion/clientes/{someone.account_id}/polizas/{number}/desvincular")
    assert "No se puede desvincular" in page.text
    history = client.get(f"/polizas/{number}").text
    assert "Código para desvincular la póliza enviado a su correo" in history
    assert "Personal de MASSIV" in history


def test_cash_is_collected_where_the_customer_says(app, desk, make, someone):
    slip = make.slip(someone)
    with app.app_context():
        receipts.receive(slip.number, slip.amount, make.collaborator().actor)
        policy = db.session.scalars(select(Policy.number)).one()
    page = desk.get(f"/gestion/clientes/{someone.account_id}/polizas/{policy}/desvincular")
    page = desk.submit(page, {"agencia": ""}, button="Enviar código al cliente")
    assert (page.status, "agencia" in page.errors) == (422, True)
    page = desk.submit(page, {"agencia": AGENCY}, button="Enviar código al cliente")
    with app.app_context():
        assert db.session.scalars(select(PolicyChange.refund_agency)).one() == AGENCY


def test_a_death_is_claimed_and_not_ended(desk, make, someone):
    number = make.policy(someone)
    claim = make.claim(someone, ACCIDENT, policy=number)
    page = desk.get(f"/gestion/clientes/{someone.account_id}/polizas/{number}/desvincular")
    assert claim in page.text
    assert "no se desvincula: se cobra" in page.text
    assert "Enviar código" not in page.text


def test_another_customers_policy_is_not_found_there(desk, make, someone):
    number = make.policy(make.customer())
    assert desk.get(f"/gestion/clientes/{someone.account_id}/polizas/{number}/desvincular").status == 404


def test_the_code_page_without_a_code_asked_for_leads_to_what_it_would_do(desk, make, someone):
    at = f"/gestion/clientes/{someone.account_id}/polizas/{make.policy(someone)}/desvincular"
    assert desk.get(f"{at}/codigo").path == at


def test_the_desks_menu_marks_where_the_page_lies(app, client, clerk, make, someone):
    with app.app_context():
        search.find(someone.identity.number, clerk.actor)
    client.sign_in(clerk)
    for at in (f"polizas/{make.policy(someone)}/desvincular", "siniestros"):
        page = client.get(f"/gestion/clientes/{someone.account_id}/{at}").response.text
        assert re.search(r'href="/gestion/buscar"\s+aria-current="page"', page), at
