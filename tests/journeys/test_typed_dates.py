"""A date as it is typed on a phone: its strokes come by themselves, and nothing that somebody writes is lost."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import Visitors
from tests.journeys.stack import Portal


def test_strokes_come_by_themselves_and_let_everything_else_alone(portal: Portal, visitors: Visitors) -> None:
    visitor = visitors(portal)
    visitor.go("/crear-cuenta")
    page, field = visitor.page, visitor.page.locator("[name=fecha_nacimiento]")
    assert field.get_attribute("inputmode") == "numeric"
    for typed, shown in (
        ("27081994", "27/08/1994"),
        ("27/8/1994", "27/8/1994"),
        ("1/5/1990", "1/5/1990"),
        ("27-08-1994", "27-08-1994"),
        ("1994-08-27", "1994-08-27"),
        ("2001-12-03", "2001-12-03"),
        ("19940827", "19940827"),
        ("27 de agosto de 1994", "27 de agosto de 1994"),
    ):
        field.fill("")
        field.press_sequentially(typed)
        expect(field).to_have_value(shown)

    field.fill("")
    field.press_sequentially("27081994")
    for _ in range(6):
        page.keyboard.press("Backspace")
    expect(field).to_have_value("27/0")
    page.keyboard.type("91994")
    expect(field).to_have_value("27/09/1994")
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")  # in the middle: the 9 of the month
    page.keyboard.type("8")
    expect(field).to_have_value("27/08/1994")

    for pasted in ("27 de agosto de 1994, jueves", "19940827", "27081994"):
        field.fill("")
        page.keyboard.insert_text(pasted)
        expect(field).to_have_value(pasted)
