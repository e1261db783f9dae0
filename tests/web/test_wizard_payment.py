"""The last step of the wizard and what comes of it: one payment for the amount shown, and one policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.domain import clock as portal_clock
from portal.extensions import db
from portal.models import Payment, Policy, Purchase
from portal.services.catalogue import offers
from sandbox.harness import RunningBank
from tests.client import PageClient
from tests.factories import Factories, Someone, Stage, beneficiary
from tests.web.wizard import at, go_on


def test_the_tax_is_named_with_the_rate_that_the_product_is_sold_with(
    app: Flask, client: PageClient, make: Factories, someone: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    public_id = make.purchase(someone, Stage.TERMS)
    with app.app_context():
        version = db.session.scalars(select(Purchase)).one().quote.product_version_id
        sold = offers.offer(version)
    sixteen = replace(sold, product=replace(sold.product, limits=replace(sold.product.limits, igv_percent=Decimal(16))))
    monkeypatch.setitem(offers._parsed, version, sixteen)
    page = client.sign_in(someone).get(at(public_id, "pago"))
    assert page.text.count("IGV (16 %)") >= 2
    assert "18 %" not in page.text


def test_confirmations_last_thirty_minutes_and_the_page_says_why(
    client: PageClient, make: Factories, someone: Someone, clock: Callable[..., None]
) -> None:
    public_id = make.purchase(someone, Stage.TERMS)
    client.sign_in(someone)
    clock(minutes=29)
    assert client.get(at(public_id, "pago")).path == at(public_id, "pago")
    clock(minutes=31)
    page = client.get(at(public_id, "pago"))
    assert page.path == at(public_id, "forma-de-pago")
    assert "dura 30 minutos" in page.text


def test_the_amount_shown_is_compared_and_never_used(
    app: Flask, client: PageClient, make: Factories, someone: Someone
) -> None:
    public_id = make.purchase(someone, Stage.TERMS)
    offered = {"intento": client.sign_in(someone).get(at(public_id, "pago")).values("monto")["intento"]}
    page = client.post(at(public_id, "pago"), offered | {"monto": "1.00"})
    assert (page.status, "no es el que mostraba la página" in page.text) == (422, True)
    assert client.post(at(public_id, "pago"), offered).status == 422, "nothing shown is nothing agreed to"
    client.post(at(public_id, "pago"), offered | {"monto": "72.92", "amount": "1.00", "premium_total": "1.00"})
    with app.app_context():
        assert str(db.session.scalars(select(Payment.amount)).one()) == "72.92"


def test_a_refusal_says_why_keeps_the_answers_and_another_card_gives_one_policy(
    app: Flask, visitor: PageClient, make: Factories, someone: Someone, drain: Callable[[], object]
) -> None:
    public_id = make.purchase(someone, Stage.PAID, named=[beneficiary()], last4="0001")
    page = go_on(visitor, public_id)
    assert "Su banco no aprobó el pago con la tarjeta terminada en 0001 (Banco Andino del Perú): saldo" in page.text
    page = visitor.follow(page, "Cambiar de tarjeta")
    assert "Escriba otra: su banco no aprobó la terminada en 0001" in page.text
    assert "Su banco reconoció" not in page.text
    assert [page.values("digitos")[name] for name in ("digitos", "vence")] == ["", ""]
    same = {"banco": "BAP", "digitos": "0001", "vence": f"12/{portal_clock.today().year + 2}"}
    again = visitor.submit(page, same, button="Siguiente", action=at(public_id, "forma-de-pago"))
    assert again.errors["digitos"] == "Es la tarjeta que su banco no aprobó. Escriba otra."
    assert visitor.follow(page, "Intentar otra vez con ella").heading == "Su solicitud de pago"
    page = visitor.submit(page, same | {"digitos": "4821"}, button="Siguiente", action=at(public_id, "forma-de-pago"))
    page = visitor.get(at(public_id, "pago"))
    visitor.submit(page, {}, button="Procesar Pago", action=at(public_id, "pago"))
    drain()
    assert go_on(visitor, public_id).path == at(public_id, "resumen")
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Policy)) == 1


def test_a_token_that_died_leads_back_to_the_method_with_nothing_charged(
    visitor: PageClient, make: Factories, someone: Someone, bank: RunningBank
) -> None:
    public_id = make.purchase(someone, Stage.PAID, last4="0012")
    page = go_on(visitor, public_id)
    assert page.path == at(public_id, "forma-de-pago")
    assert "No se cobró nada" in page.text
    assert bank.ledger.entries()["charges"] == []


def test_while_money_moves_no_answer_can_change(client: PageClient, make: Factories, someone: Someone) -> None:
    public_id = make.purchase(someone, Stage.PAID, last4="0022")  # charged, and the bank answered 500
    page = client.sign_in(someone).get(at(public_id, "beneficiarios"))
    assert page.path == at(public_id, "pago")
    assert page.heading == "Estamos confirmando su pago con su banco"
    assert "No pague otra vez" in page.text
    client.get("/perfil")  # any page with a token
    page = client.post(at(public_id, "beneficiarios"), {"sin": "1"})
    assert page.path == at(public_id, "pago")


def test_two_tabs_cannot_both_buy(app: Flask, make: Factories, someone: Someone, drain: Callable[[], object]) -> None:
    public_id = make.purchase(someone, Stage.TERMS)
    tabs = [PageClient(app).sign_in(someone) for _ in range(2)]
    pages = [tab.get(at(public_id, "pago")) for tab in tabs]
    for tab, page in zip(tabs, pages, strict=True):
        assert tab.submit(page, {}, button="Procesar Pago", action=at(public_id, "pago")).status == 200
    drain()
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Payment)) == 1
        assert db.session.scalar(select(func.count()).select_from(Policy)) == 1


def test_the_start_page_tells_who_waits_for_the_bank_not_to_pay_again(
    client: PageClient, make: Factories, someone: Someone
) -> None:
    make.purchase(someone, Stage.PAID, last4="0022")  # charged, and the bank answered 500
    page = client.sign_in(someone).get("/inicio")
    assert "Estamos confirmando su pago" in page.text
    assert "No pague otra vez" in page.text
    assert "Termine su compra" not in page.text


def test_a_mail_that_is_late_does_not_keep_the_page_asking(
    client: PageClient, make: Factories, someone: Someone, clock: Callable[..., None]
) -> None:
    public_id = make.purchase(someone, Stage.PAID)  # issued; nobody renders or mails
    asking = "//*[@hx-trigger]"
    assert client.sign_in(someone).get(at(public_id, "pago")).document.xpath(asking)[0].get("hx-trigger") == "every 2s"
    clock(seconds=61)
    page = client.get(at(public_id, "pago"))
    assert page.heading == "Su póliza está emitida"
    assert not page.document.xpath(asking)
