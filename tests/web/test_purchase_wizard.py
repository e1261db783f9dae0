"""The wizard as a person without JavaScript walks it, and as htmx does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.purchase import PurchaseState
from portal.extensions import db
from portal.models import Purchase
from tests.client import PageClient
from tests.factories import FUNERAL, HOSPITAL, Factories, Someone, Stage
from tests.web.wizard import PEDRO, ROSA, at, go_on


def test_the_whole_way_leads_to_the_summary(
    visitor: PageClient, make: Factories, someone: Someone, drain: Callable[[], object]
) -> None:
    public_id = make.purchase(someone)
    page = go_on(visitor, public_id)
    page = visitor.submit(page, ROSA, button="Agregar otra persona")
    page = visitor.submit(page, PEDRO, button="Siguiente")
    assert page.heading == "¿Cómo quiere pagar?"
    assert page.document.xpath("//details[not(@open)]/summary[contains(., 'Resumen de la compra')]")
    assert all(words in page.text for words in ("Resumen de la compra", "Rosa Condori Flores", "60 %", "40 %"))
    page = visitor.submit(page, {"banco": "BAP", "digitos": "4821", "vence": f"8/{portal_clock.today().year + 1}"})
    assert page.heading == "Verifique que es usted"
    page = visitor.submit(page, {"codigo": make.code(public_id)}, button="Verificar")
    page = visitor.submit(page, {"acepta": True})
    assert "SP-" in page.text
    page = visitor.submit(page, {}, action=at(public_id, "pago"))
    assert page.heading == "Estamos procesando su pago"
    drain()
    page = visitor.get(at(public_id, "pago"))
    assert page.path == at(public_id, "resumen")
    assert page.heading == "Listo, Juana. Su seguro está comprado."
    assert {"Ver condiciones generales", "Descargar PDF"} <= set(page.links)


@pytest.mark.parametrize(
    ("product", "payee", "days"),
    [(HOSPITAL, "La persona asegurada", "30"), (FUNERAL, "Quien pagó los gastos", "60")],
)
def test_before_paying_the_order_says_who_is_paid_and_the_waiting(
    client: PageClient, make: Factories, someone: Someone, product: str, payee: str, days: str
) -> None:
    page = go_on(client.sign_in(someone), make.purchase(someone, product=product))
    assert payee in page.text
    assert f"en los primeros {days} días" in page.text


@pytest.mark.parametrize("slug", ["forma-de-pago", "verificacion", "terminos", "pago", "resumen"])
def test_nobody_stands_beyond_the_first_open_step(
    client: PageClient, make: Factories, someone: Someone, slug: str
) -> None:
    public_id = make.purchase(someone)
    assert client.sign_in(someone).get(at(public_id, slug)).path == at(public_id, "beneficiarios")


def test_an_expired_quote_ends_the_purchase_and_offers_another(
    client: PageClient, make: Factories, someone: Someone, clock: Callable[..., None]
) -> None:
    public_id = make.purchase(someone, Stage.BENEFICIARIES)
    clock(days=16, hours=12)
    page = client.sign_in(someone).get(at(public_id))
    assert page.path.startswith("/cotizaciones/COT-")
    assert "venció" in page.text


def test_somebody_elses_purchase_does_not_exist(app: Flask, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone, Stage.PAID)
    stranger = PageClient(app).sign_in(make.customer())
    for slug in ("", "beneficiarios", "forma-de-pago", "pago", "resumen"):
        assert stranger.get(at(public_id, slug)).status == 404
    assert stranger.post(at(public_id, "pago"), {"monto": "72.92"}).status == 404


def test_posting_states_and_people_changes_nothing(
    app: Flask, client: PageClient, make: Factories, someone: Someone
) -> None:
    public_id = make.purchase(someone, Stage.BENEFICIARIES)
    client.sign_in(someone).get(at(public_id, "forma-de-pago"))
    client.post(at(public_id, "forma-de-pago"), {"state": "paid", "account_id": "1", "seller_id": "1", "quote_id": "1"})
    with app.app_context():
        purchase = db.session.scalars(select(Purchase)).one()
        assert purchase.state is PurchaseState.OPEN
        assert (purchase.seller_id, purchase.account_id) == (None, someone.account_id)


def test_the_step_of_an_ended_session_is_where_signing_in_returns_to(client: PageClient) -> None:
    page = client.post("/compras/abc/forma-de-pago")
    assert page.passed[-1:] == ["/compras/abc/forma-de-pago"] or page.path.startswith("/ingresar")
    assert "next=/compras/abc/forma-de-pago" in page.path.replace("%2F", "/")


@pytest.mark.parametrize("path", ["/verificar/%00", "/compras/%00", "/productos/%00", "/ingresar?next=%00"])
def test_a_nul_in_an_address_is_a_page_of_the_portal(client: PageClient, path: str) -> None:
    assert client.get(path).status == 400
