"""Paying in cash, from Forma de pago to the slip, and every way off it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from sandbox.mail_store import Mail
from tests.factories import HOSPITAL, Someone, Stage
from tests.journeys.conftest import DESKTOP, PHONE, Visitors
from tests.journeys.stack import Portal, text_of
from tests.pages.account import Access
from tests.pages.inspection import is_sound
from tests.pages.sale import Purchase
from tests.pages.visitor import Visitor

LIVES_IN_CUSCO = {"ubigeo": "080601"}


@pytest.fixture(
    params=[(PHONE, True), (PHONE, False), (DESKTOP, True)], ids=["phone", "phone-without-script", "desktop"]
)
def buyer(request: pytest.FixtureRequest, portal: Portal, visitors: Visitors) -> Visitor:
    size, has_script = request.param
    return visitors(portal, size, has_script=has_script)


def said(mail: Mail) -> str:
    """The text part, with plain spaces."""
    return " ".join(text_of(mail).split())


def sign_in(portal: Portal, visitor: Visitor) -> Someone:
    someone = portal.make.customer(**LIVES_IN_CUSCO)
    Access(visitor).sign_in(someone.username, someone.password)
    return someone


def test_from_the_method_to_the_slip(portal: Portal, buyer: Visitor) -> None:
    customer = sign_in(portal, buyer)
    purchase = Purchase(buyer)
    purchase.open(portal.make.purchase(customer, Stage.STARTED, product=HOSPITAL))
    is_sound(buyer)
    purchase.choose_cash()
    agencies = buyer.main.get_by_role("group", name="Agencia")
    expect(agencies).to_contain_text("Agencia Cusco Centro")
    is_sound(buyer)
    buyer.press("Siguiente")
    expect(buyer.mistakes).to_contain_text("Elija la agencia donde pagará.")
    is_sound(buyer)

    purchase.find_agencies("Lima")
    expect(agencies).to_contain_text("Agencia Los Olivos")
    expect(agencies).not_to_contain_text("Agencia Cusco Centro")
    buyer.main.get_by_label("Agencia Los Olivos").check()
    is_sound(buyer)
    buyer.press("Siguiente")
    purchase.step_is("Verificación")
    expect(buyer.main).to_contain_text("Pago en Efectivo")
    purchase.verify(portal.letters.code(customer.email))

    buyer.page.locator("[name=acepta]").check()
    buyer.press("Generar solicitud de pago")
    buyer.sees("Pague en la agencia con este código")
    expect(buyer.main).to_contain_text("Agencia Los Olivos")
    expect(buyer.main).not_to_contain_text("tarjeta")
    is_sound(buyer)
    code = purchase.slip_code
    mail = portal.letters.wait(customer.email, code)
    assert code in said(mail)
    assert "Agencia Los Olivos" in said(mail)
    (attached,) = mail.attachments()
    pdf = buyer.download(lambda: buyer.follow("Descargar PDF"))
    assert pdf.path().read_bytes() == attached.data
    purchase.open(purchase.public_id)
    buyer.press("Enviar Email")
    expect(buyer.notices).to_contain_text(f"Enviamos la solicitud de pago a {customer.email}.")
    assert portal.letters.wait(customer.email, code).attachments() == [attached]


def test_another_agency_is_another_code_at_once(portal: Portal, buyer: Visitor) -> None:
    customer = sign_in(portal, buyer)
    purchase = Purchase(buyer)
    purchase.open(portal.pays_in_cash(customer, "CUS-1"))
    old = purchase.slip_code
    buyer.follow("Cambiar forma de pago")
    expect(buyer.main).to_contain_text(f"Tiene un código de pago vigente: {old}")
    is_sound(buyer)
    buyer.main.get_by_label("Agencia San Sebastián").check()
    buyer.press("Siguiente")
    buyer.sees("Pague en la agencia con este código")
    expect(buyer.main).to_contain_text("Agencia San Sebastián")
    assert purchase.slip_code != old
    assert f"El código {old} ya no sirve." in said(portal.letters.wait(customer.email, purchase.slip_code))


def test_a_card_after_all_cancels_the_code_and_says_so(portal: Portal, buyer: Visitor) -> None:
    customer = sign_in(portal, buyer)
    purchase = Purchase(buyer)
    purchase.open(portal.pays_in_cash(customer, "CUS-1"))
    old = purchase.slip_code
    buyer.follow("Cambiar forma de pago")
    purchase.validate()
    purchase.step_is("Verificación")
    assert old in portal.letters.wait(customer.email, "Cancelamos su código de pago").header("Subject")
    purchase.verify(portal.letters.code(customer.email))
    purchase.accept_terms()
    expect(buyer.main).to_contain_text("Cargo a Cuenta")
    expect(buyer.main.get_by_role("button", name=re.compile("Procesar Pago"))).to_be_visible()
