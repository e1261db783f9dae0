"""A purchase without a mouse: every control is reached, named and left by the keyboard."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from playwright.sync_api import Route, expect

from tests.factories import Someone
from tests.journeys.stack import Portal
from tests.pages.inspection import tab_to
from tests.pages.sale import CARD, Purchase
from tests.pages.visitor import Visitor


def test_the_purchase_by_keyboard_alone(portal: Portal, visitor: Visitor, customer: Someone) -> None:
    page, main, press = visitor.page, visitor.main, visitor.page.keyboard.press
    number = portal.make.quote(customer)
    visitor.go(f"/cotizaciones/{number}")
    tab_to(visitor, page.locator("[name=acepta]"))
    press("Space")
    tab_to(visitor, main.get_by_role("button", name="Comprar"))
    press("Enter")

    purchase = Purchase(visitor)
    purchase.step_is("Beneficiarios")
    tab_to(visitor, page.locator("[name=parentesco]"))
    page.keyboard.type("Hijo")
    for field, words in (("nombres", "Ángel"), ("apellidos", "Quispe"), ("fecha_nacimiento", "14/11/1999")):
        tab_to(visitor, page.locator(f"[name={field}]"))
        page.keyboard.type(words)
    press("Enter")  # as "Siguiente": the person who was written is kept
    purchase.step_is("Forma de pago")
    assert_title_has_focus(visitor)
    expect(main).to_contain_text("Ángel Quispe")

    tab_to(visitor, page.locator("[name=forma]:checked"))
    press("Space")
    for field, times in (("banco", 1), ("digitos", 0), ("mes", 12), ("anio", 3)):
        tab_to(visitor, page.locator(f"[name={field}]"))
        for _ in range(times):
            press("ArrowDown")
        if not times:
            page.keyboard.type(CARD)
    tab_to(visitor, main.get_by_role("button", name="Siguiente"))
    press("Enter")
    purchase.step_is("Verificación")
    assert_title_has_focus(visitor)

    tab_to(visitor, page.locator("[name=codigo]"))
    page.keyboard.type("00000")
    press("Enter")
    expect(visitor.mistakes).to_be_focused()
    press("Tab")
    press("Enter")  # the summary leads to the field
    expect(page.locator("[name=codigo]")).to_be_focused()
    press("Control+a")
    page.keyboard.type(portal.letters.code(customer.email))
    press("Enter")
    purchase.step_is("Términos")
    assert_title_has_focus(visitor)

    tab_to(visitor, page.locator("[name=acepta]"))
    press("Space")
    tab_to(visitor, main.get_by_role("button", name="Generar solicitud de pago"))
    press("Enter")
    visitor.sees("Su solicitud de pago")
    assert_title_has_focus(visitor)
    tab_to(visitor, main.get_by_role("button", name="Procesar Pago"))
    press("Enter")
    purchase.is_issued()


def assert_title_has_focus(visitor: Visitor) -> None:
    expect(visitor.page.get_by_role("heading", level=1)).to_be_focused()


def test_a_list_under_another_is_chosen_by_typing(portal: Portal, visitor: Visitor) -> None:
    page, typed = visitor.page, visitor.page.keyboard
    visitor.go("/crear-cuenta")
    department, province, district = (
        page.locator(f"[name={name}]") for name in ("departamento", "provincia", "distrito")
    )
    for where, words, code in ((department, "Puno", "21"), (province, "Sand", "2112"), (district, "Yan", "211208")):
        where.focus()
        for letter in words:
            with page.expect_response("**/ubigeo?*") if where is not district else nullcontext():
                typed.press(letter)  # the browser chooses at each letter, and the list below comes anew each time
        expect(where).to_have_value(code)
        expect(where).to_be_focused()


@pytest.mark.parametrize("early", ["Sand", "Sa", "S"])
def test_letters_typed_before_a_list_has_come_choose_nothing(portal: Portal, visitor: Visitor, early: str) -> None:
    page, typed = visitor.page, visitor.page.keyboard
    visitor.go("/crear-cuenta")
    province = page.locator("[name=provincia]")
    held: list[Route] = []
    page.route("**/ubigeo?*", lambda route: held.append(route))
    page.locator("[name=departamento]").select_option("21")
    province.focus()
    typed.type(early)
    expect(page.locator("#lugar")).to_have_attribute("aria-busy", "true")
    for route in held:
        route.continue_()
    expect(page.locator("[name=provincia] option[value='2112']")).to_be_attached()
    typed.type("Sand".removeprefix(early))
    expect(province).to_have_value("")
