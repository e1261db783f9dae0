"""A purchase without a mouse: every control is reached, named and left by the keyboard."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, Route, expect

from portal.domain import clock
from tests.factories import Someone
from tests.journeys.stack import Portal
from tests.pages.account import SignUp
from tests.pages.inspection import tab_to
from tests.pages.people import Newcomer
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
    tab_to(visitor, page.locator("[name=parentesco]").first)
    press("Space")
    press("ArrowDown")
    for field, words in (("nombres", "Ángel"), ("apellidos", "Quispe"), ("fecha_nacimiento", "14/11/1999")):
        tab_to(visitor, page.locator(f"[name={field}]"))
        page.keyboard.type(words)
    press("Enter")  # as "Siguiente": the person who was written is kept
    purchase.step_is("Forma de pago")
    assert_title_has_focus(visitor)
    expect(main).to_contain_text("Ángel Quispe")

    tab_to(visitor, page.locator("[name=forma]:checked"))
    press("Space")
    tab_to(visitor, page.locator("[name=banco]").first)
    press("Space")
    for field, words in (("digitos", CARD), ("vence", f"12/{clock.today().year + 2}")):
        tab_to(visitor, page.locator(f"[name={field}]"))
        page.keyboard.type(words)
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
    page.keyboard.type(portal.letters.code(customer.email))  # the sixth digit sends it
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


class Hand:
    """Types letters a tenth of a second apart, however long what they do takes: to a browser those that are a second
    apart are two words."""

    def __init__(self, page: Page) -> None:
        self._keys = page.context.new_cdp_session(page)
        self._at = time.time()

    def types(self, letters: str) -> None:
        """One key after another."""
        for letter in letters:
            self._at += 0.1
            for kind in ("keyDown", "keyUp"):
                text = {"text": letter} if kind == "keyDown" else {}
                key = {"type": kind, "key": letter, "timestamp": self._at, **text}
                self._keys.send("Input.dispatchKeyEvent", key)


def asks_for_lists(visitor: Visitor) -> None:
    signing_up = SignUp(visitor)
    signing_up.begin()
    signing_up.tell_who(Newcomer())
    signing_up.ask_for_lists()


def test_a_list_under_another_is_chosen_by_typing(portal: Portal, visitor: Visitor) -> None:
    page = visitor.page
    hand = Hand(page)
    asks_for_lists(visitor)
    department, province, district = (
        page.locator(f"[name={name}]") for name in ("departamento", "provincia", "distrito")
    )
    department.focus()
    hand.types("Puno")
    expect(department).to_have_value("21")
    expect(province.locator("option[value='2112']")).to_be_attached()
    province.focus()
    hand.types("S")  # the browser chooses at each letter, and the districts come anew
    expect(province).to_have_value("2110")
    expect(district.locator("option[value='211001']")).to_be_attached()
    hand.types("and")
    expect(province).to_have_value("2112")
    expect(province).to_be_focused()
    expect(district.locator("option[value='211208']")).to_be_attached()
    district.focus()
    hand.types("Yan")
    expect(district).to_have_value("211208")


@pytest.mark.parametrize("early", ["Sand", "Sa", "S"])
def test_letters_typed_before_a_list_has_come_choose_nothing(portal: Portal, visitor: Visitor, early: str) -> None:
    page, typed = visitor.page, visitor.page.keyboard
    asks_for_lists(visitor)
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
