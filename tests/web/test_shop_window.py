"""The shop window (B21): what is on sale without an account, and the way from a plan through the login back to it."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from portal.domain import clock
from portal.models import ProductVersion
from portal.models.transaction import writing
from tests.client import PageClient
from tests.factories import ACCIDENT, PASSWORD

NEW = "cuatro nubes bajo el mar"
FORM = f"/cotizar/{ACCIDENT}/plan-2"
PLAN = "Le guardamos su plan: Muerte Accidental, Plan 2, S/ 72.92 al año."


def choose(client: PageClient):
    """From the login page's door to a plan's "Cotizar": the login that asks who it is."""
    window = client.follow(client.get("/ingresar"), "Ver planes y precios")
    assert window.path == "/productos"
    login = client.follow(window, "Cotizar Muerte Accidental Plan 2")
    assert login.heading == "Ingrese a su cuenta"
    assert PLAN in login.text.replace("\xa0", " ")
    return login


def sign_in(client: PageClient, page, someone, password=PASSWORD):
    return client.submit(page, {"usuario": someone.username, "clave": password})


def test_a_wrong_password_and_another_way_to_the_login_keep_the_plan(client, make):
    someone = make.customer()
    wrong = sign_in(client, choose(client), someone, "not it")
    assert PLAN in wrong.text.replace("\xa0", " ")
    assert sign_in(client, client.get("/ingresar"), someone).path == FORM
    assert client.get("/ingresar").path == "/inicio"  # once reached, it waits no longer


def test_the_forced_change_of_password_leads_on_to_the_plan_whatever_was_opened_between(client, make):
    page = sign_in(client, choose(client), make.newcomer())
    assert page.heading == "Elija su contraseña"
    page = client.get("/inicio")
    assert page.path == "/cambiar-clave"
    assert client.submit(page, {"nueva": NEW, "repetida": NEW}).path == FORM


def test_a_plan_chosen_before_the_change_of_password_is_come_back_to(client, make):
    sign_in(client, client.get("/ingresar"), make.newcomer())
    page = client.follow(client.get("/productos"), "Cotizar Muerte Accidental Plan 2")
    assert page.path == "/cambiar-clave"
    assert client.submit(page, {"nueva": NEW, "repetida": NEW}).path == FORM


def test_signing_up_says_which_plan_waits_and_another_device_knows_of_none(client, clients):
    choose(client)
    assert PLAN in client.get("/crear-cuenta").text.replace("\xa0", " ")
    assert "Le guardamos" not in clients().get("/crear-cuenta").text


def test_a_plan_withdrawn_meanwhile_leads_to_those_on_sale(app, client, make):
    login = choose(client)
    with app.app_context(), writing() as session:
        session.execute(update(ProductVersion).where(ProductVersion.slug == ACCIDENT).values(withdrawn_at=clock.now()))
    assert "Le guardamos" not in client.get("/ingresar").text
    page = sign_in(client, login, make.customer())
    assert page.path == "/productos"
    assert "Ese plan ya no está a la venta. Estos son los planes de hoy." in page.text


def test_staff_and_who_left_find_no_plan_of_somebody_before(client, make):
    choose(client)
    login = client.get("/ingresar")
    assert sign_in(client, login, make.recruit()).path == "/segundo-paso/activar"
    client.submit(client.page, action="/salir")
    assert sign_in(client, client.get("/ingresar"), make.customer()).path == "/inicio"


@pytest.mark.parametrize("plan", ["plan-9", "mal.example", "%5C%5Cmal.example"])
def test_what_is_no_plan_leads_to_those_on_sale(client, make, plan):
    login = client.get(f"/cotizar/{ACCIDENT}/{plan}")
    assert "Le guardamos" not in login.text
    assert sign_in(client, login, make.customer()).path == "/productos"
