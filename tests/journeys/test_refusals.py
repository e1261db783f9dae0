"""The bank says no: why in plain words, nothing lost, and another card."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from portal.domain import clock
from tests.factories import Someone, beneficiary
from tests.journeys.stack import Portal, text_of
from tests.pages.sale import CARD, Purchase
from tests.pages.visitor import Visitor

SAID = "Su banco no aprobó el pago con la tarjeta terminada en "
REFUSED = {
    "0001": ": saldo insuficiente.",
    "0002": ": la cuenta está bloqueada.",
    "0003": ": la tarjeta está vencida.",
    "0004": ": el monto supera el límite de su cuenta.",
    "0005": ": su banco quiere confirmar antes que es usted.",
    "0006": " y no dijo el motivo.",
}
FIRST = {"0001": "Pagar en efectivo"}


@pytest.mark.parametrize("last4", REFUSED)
def test_a_refusal_is_explained_and_another_card_gives_one_policy(
    last4: str, portal: Portal, visitor: Visitor, customer: Someone
) -> None:
    public_id = portal.ready_to_pay(customer, last4, named=[beneficiary("Carmen Rosa")])
    purchase = Purchase(visitor)
    purchase.open(public_id)
    purchase.process()
    said = f"{SAID}{last4} (Banco Andino del Perú){REFUSED[last4]} No se descontó nada."
    expect(visitor.main).to_contain_text(said)
    expect(visitor.main.locator(".btn-primary")).to_have_text(FIRST.get(last4, "Cambiar de tarjeta"))
    expect(visitor.main).to_contain_text("Sus datos siguen guardados.")
    assert purchase.public_id == public_id
    assert said in text_of(portal.letters.wait(customer.email, "Su banco no aprobó el pago"))

    visitor.follow("Cambiar de tarjeta")
    purchase.step_is("Forma de pago")
    expect(visitor.page.locator("[name=digitos]")).to_have_value("")
    expect(visitor.main).to_contain_text("Carmen Rosa Quispe Mamani")
    purchase.validate(CARD)
    visitor.sees("Su solicitud de pago")  # the card changes nothing that the code named
    purchase.process()
    purchase.is_issued()

    assert len(portal.policies(public_id)) == 1
    (first, refused), (second, approved) = portal.payments(public_id)
    assert (refused, approved) == ("declined", "approved")
    assert [charge["status"] for charge in portal.charges(first)] == ["declined"]
    assert [charge["status"] for charge in portal.charges(second)] == ["approved"]


def test_a_token_that_died_leads_back_to_the_card_with_nothing_charged(
    portal: Portal, visitor: Visitor, customer: Someone
) -> None:
    public_id = portal.ready_to_pay(customer, "0012", named=[beneficiary("Carmen Rosa")])
    purchase = Purchase(visitor)
    purchase.open(public_id)
    purchase.process()
    purchase.step_is("Forma de pago")
    expect(visitor.main).to_contain_text("Su pago no llegó al banco. No se cobró nada.")
    ((number, state),) = portal.payments(public_id)
    assert state == "not_sent"
    assert portal.charges(number) == []
    assert "no se descontó nada" in text_of(portal.letters.wait(customer.email, f"No se hizo el cobro {number}"))

    purchase.validate(CARD)
    purchase.step_is("Términos")  # a new request is accepted anew
    purchase.accept_terms()
    purchase.process()
    purchase.is_issued()
    assert len(portal.policies(public_id)) == 1
    assert [charge["status"] for charge in portal.charges(portal.payments(public_id)[1][0])] == ["approved"]


@pytest.mark.parametrize(
    ("last4", "month", "words"),
    [
        ("0010", 12, "Su banco no encontró una cuenta a su nombre con estos dígitos. Revise la tarjeta y el banco."),
        ("0011", 12, "Su banco pide esperar: hubo muchos intentos."),
        ("4821", 1, "La tarjeta está vencida. Revise la fecha o use otra."),
    ],
)
def test_a_card_that_the_bank_does_not_know_is_said_at_its_field(
    last4: str, month: int, words: str, portal: Portal, visitor: Visitor, customer: Someone
) -> None:
    today = clock.today()
    if (month, today.month) == (1, 1):
        pytest.skip("in January no month of this year is past")
    public_id = portal.make.purchase(customer, product="renta-hospitalaria")
    purchase = Purchase(visitor)
    purchase.open(public_id)
    purchase.pay_with(last4, month=month, year=today.year)
    visitor.press("Siguiente")
    expect(visitor.mistakes).to_be_focused()
    expect(visitor.mistakes).to_contain_text(words)
    expect(visitor.main.locator(".field-bad")).to_contain_text(words)
    expect(visitor.page.locator("[name=digitos]")).to_have_value(last4)
    expect(visitor.page.locator("[name=vence]")).to_have_value(f"{month}/{today.year}")
    assert visitor.path == f"/compras/{public_id}/forma-de-pago"
