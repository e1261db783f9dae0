"""The purchase walked in every other way than straight on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.factories import HOSPITAL, Someone, beneficiary
from tests.journeys.conftest import PHONE, Visitors
from tests.journeys.stack import Portal
from tests.pages.account import Access
from tests.pages.people import MOTHER, SON
from tests.pages.sale import CARD, Purchase, Quoting
from tests.pages.visitor import Visitor


def test_a_product_that_pays_the_insured_has_no_step_of_beneficiaries(
    portal: Portal, visitor: Visitor, customer: Someone
) -> None:
    purchase = Purchase(visitor)
    public_id = portal.make.purchase(customer, product=HOSPITAL)
    purchase.open(public_id)
    assert purchase.steps == ["Forma de pago", "Verificación", "Términos", "Pago"]
    expect(visitor.main.locator("dl.rows").first).to_contain_text("Quién cobra")
    expect(visitor.main.locator("dl.rows").first).to_contain_text("La persona asegurada")
    answer = visitor.go(f"/compras/{public_id}/beneficiarios")
    assert answer is not None
    assert answer.status == 404


def test_a_later_step_leads_back_to_the_first_that_is_incomplete(
    portal: Portal, visitor: Visitor, customer: Someone
) -> None:
    purchase, public_id = Purchase(visitor), portal.make.purchase(customer)
    for slug in ("forma-de-pago", "verificacion", "terminos", "pago", "resumen", ""):
        purchase.open(public_id, slug)
        assert visitor.path == f"/compras/{public_id}/beneficiarios"
    portal.make.beneficiaries(customer, public_id)
    for slug in ("verificacion", "terminos", "pago", "resumen", ""):
        purchase.open(public_id, slug)
        assert visitor.path == f"/compras/{public_id}/forma-de-pago"
    portal.make.method(customer, public_id)
    for slug in ("terminos", "pago", ""):
        purchase.open(public_id, slug)
        assert visitor.path == f"/compras/{public_id}/verificacion"


def test_editing_beneficiaries_voids_code_and_terms(portal: Portal, visitor: Visitor, customer: Someone) -> None:
    purchase = Purchase(visitor)
    public_id = portal.ready_to_pay(customer, named=[beneficiary("Carmen Rosa")])
    ((withdrawn, _),) = portal.payments(public_id)
    purchase.open(public_id, "beneficiarios")
    visitor.follow("Editar a Carmen Rosa Quispe Mamani")
    visitor.write(nombres="Carmen Luz")
    visitor.press("Guardar a esta persona")
    expect(purchase.person("Carmen Luz Quispe Mamani")).to_be_visible()
    assert portal.payments(public_id) == [(withdrawn, "not_sent")]

    visitor.press("Siguiente")
    purchase.step_is("Forma de pago")
    visitor.press("Siguiente")  # the account is as good as before
    purchase.step_is("Verificación")
    expect(visitor.main).to_contain_text(
        "Cambió un dato de su compra: por su seguridad, verifíquela con un código nuevo."
    )
    for slug in ("terminos", "pago"):
        purchase.open(public_id, slug)
        assert visitor.path == f"/compras/{public_id}/verificacion"

    visitor.press("Enviar código")
    purchase.verify(portal.letters.code(customer.email))
    assert purchase.accept_terms() != withdrawn
    purchase.process()
    purchase.is_issued()
    expect(visitor.main).to_contain_text("Carmen Luz")
    assert portal.charges(withdrawn) == []
    assert len(portal.policies(public_id)) == 1


def test_what_one_tab_changed_the_other_cannot_pay(portal: Portal, visitor: Visitor, customer: Someone) -> None:
    public_id = portal.ready_to_pay(customer, named=[beneficiary("Carmen Rosa")])
    paying, editing = Purchase(visitor), Purchase(another_tab(visitor))
    paying.open(public_id)
    paying.visitor.sees("Su solicitud de pago")
    editing.open(public_id, "beneficiarios")
    editing.visitor.press("Quitar a Carmen Rosa Quispe Mamani")
    expect(editing.person("Carmen Rosa Quispe Mamani")).to_have_count(0)

    paying.process()
    paying.step_is("Beneficiarios")  # nobody is named, and nobody said that the heirs are to be paid
    ((number, state),) = portal.payments(public_id)
    assert state == "not_sent"
    assert portal.charges(number) == []


def test_what_one_tab_paid_the_other_cannot_edit_or_pay_again(
    portal: Portal, visitor: Visitor, customer: Someone
) -> None:
    public_id = portal.ready_to_pay(customer, named=[beneficiary("Carmen Rosa")])
    paying, again, editing = (Purchase(one) for one in (visitor, another_tab(visitor), another_tab(visitor)))
    paying.open(public_id)
    again.open(public_id)
    editing.open(public_id, "beneficiarios")
    paying.process()
    paying.is_issued()
    again.process()
    again.is_issued()
    editing.visitor.press("Quitar a Carmen Rosa Quispe Mamani")
    editing.is_issued()
    expect(editing.visitor.main).to_contain_text("Carmen Rosa Quispe Mamani")
    assert_paid_once(portal, public_id)


@pytest.mark.parametrize("has_script", [True, False], ids=["javascript", "no-javascript"])
def test_going_back_after_paying_never_pays_again(has_script: bool, portal: Portal, visitors: Visitors) -> None:
    visitor, someone = visitors(portal, PHONE, has_script=has_script), portal.make.customer()
    Access(visitor).sign_in(someone.username, someone.password)
    purchase, public_id = Purchase(visitor), portal.ready_to_pay(someone)
    purchase.open(public_id, "terminos")
    purchase.open(public_id, "pago")
    purchase.process()
    purchase.is_issued()
    while visitor.path.startswith("/compras/"):
        purchase.is_issued()  # each page of the purchase leads to what was bought
        visitor.page.go_back()
    assert_paid_once(portal, public_id)


def test_another_device_goes_on_where_the_first_one_stopped(
    portal: Portal, visitor: Visitor, customer: Someone, visitors: Visitors
) -> None:
    first, public_id = Purchase(visitor), portal.make.purchase(customer)
    first.open(public_id)
    first.name(MOTHER, SON)

    second = Purchase(visitors(portal))
    Access(second.visitor).sign_in(f"{customer.identity.number}", customer.password)
    second.visitor.follow("Termine su compra", exact=False)
    second.step_is("Forma de pago")
    expect(second.visitor.main).to_contain_text(f"{SON.names} {SON.surnames}")
    second.validate(CARD)
    second.verify(portal.letters.code(customer.email))
    second.accept_terms()

    first.visitor.page.reload()
    first.open(public_id)
    first.visitor.sees("Su solicitud de pago")
    first.process()
    first.is_issued()
    assert_paid_once(portal, public_id)


def test_a_quote_past_its_validity_says_so_and_can_be_quoted_again(
    portal: Portal, customer: Someone, visitors: Visitors
) -> None:
    public_id = portal.ready_to_pay(customer)
    ((payment, _),) = portal.payments(public_id)
    with portal.later(timedelta(days=16)) as url:
        visitor = visitors(url)
        Access(visitor).sign_in(customer.username, customer.password)
        visitor.go(f"/compras/{public_id}/pago")
        expect(visitor.notices).to_contain_text("venció. Cotice otra vez: verá si algo cambió.")
        expect(visitor.main).to_contain_text("Esta cotización venció el")
        expect(visitor.main.get_by_role("button", name="Comprar")).to_have_count(0)
        visitor.follow("Cotizar otra vez")
        expect(visitor.main).to_contain_text("Nada cambió desde su cotización")
        visitor.press("Aceptar")
        expect(visitor.main).to_contain_text("Vigente")
        Quoting(visitor).buy().step_is("Beneficiarios")
    assert portal.charges(payment) == []
    assert portal.policies(public_id) == []


def test_confirmations_older_than_half_an_hour_are_asked_again(
    portal: Portal, customer: Someone, visitors: Visitors
) -> None:
    public_id = portal.ready_to_pay(customer)
    ((payment, _),) = portal.payments(public_id)
    with portal.later(timedelta(minutes=31)) as url:
        purchase = Purchase(visitors(url))
        Access(purchase.visitor).sign_in(customer.username, customer.password)
        purchase.open(public_id, "pago")
        purchase.step_is("Forma de pago")
        expect(purchase.visitor.main).to_contain_text("La validación con su banco venció: dura 30 minutos.")
        purchase.validate(CARD)
        purchase.step_is("Verificación")
    assert portal.charges(payment) == []


@pytest.mark.parametrize("has_script", [True, False], ids=["javascript", "no-javascript"])
def test_pressing_everything_twice_buys_once(has_script: bool, portal: Portal, visitors: Visitors) -> None:
    visitor, someone = visitors(portal, PHONE, has_script=has_script), portal.make.customer()
    Access(visitor).sign_in(someone.username, someone.password)
    visitor.presses_twice = True
    quoting = Quoting(visitor)
    quoting.open_product("Microseguro de Muerte Accidental")
    quoting.quote("Plan 2")
    purchase = quoting.buy()
    purchase.name(MOTHER, SON)
    purchase.validate("0020")  # the bank takes its time
    purchase.verify(portal.letters.code(someone.email))
    purchase.accept_terms()
    public_id = purchase.public_id
    purchase.process()
    purchase.is_issued()

    assert_paid_once(portal, public_id)
    expect(visitor.main).to_contain_text("66.67")
    visitor.go("/cotizaciones")
    expect(visitor.main.locator("tbody tr")).to_have_count(1)
    subjects = [mail.header("Subject") for mail in portal.letters.to(someone.email)]
    assert len([subject for subject in subjects if " es su código " in subject]) == 1


def test_the_second_press_of_a_double_one_pays_nothing_on_the_page_that_came_in_between(
    portal: Portal, customer: Someone, visitors: Visitors
) -> None:
    public_id = portal.ready_to_pay(customer)
    purchase = Purchase(visitors(portal))
    Access(purchase.visitor).sign_in(customer.username, customer.password)
    purchase.open(public_id, "pago")
    sent: list[str] = []
    purchase.visitor.page.on("request", lambda request: sent.append(request.method))
    purchase.visitor.main.get_by_role("button", name="Procesar Pago").dispatch_event("click", {"detail": 2})
    purchase.open(public_id, "pago")
    expect(purchase.visitor.main).to_contain_text("Detalle de la solicitud")
    assert "POST" not in sent
    ((payment, _),) = portal.payments(public_id)
    assert portal.charges(payment) == []


def another_tab(visitor: Visitor) -> Visitor:
    """A second tab of the same browser."""
    page: Page = visitor.page.context.new_page()
    return Visitor(page, visitor.url, visitor.has_script, faults=visitor.faults)


def assert_paid_once(portal: Portal, public_id: str) -> None:
    charged: list[dict[str, Any]] = [
        charge for number, _ in portal.payments(public_id) for charge in portal.charges(number)
    ]
    assert [charge["status"] for charge in charged] == ["approved"]
    assert len(portal.policies(public_id)) == 1
