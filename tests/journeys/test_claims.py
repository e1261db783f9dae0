"""A hospital claim by its holder: registered on a phone or a desk, its papers sent, one of them lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.decoder.printed_pages import good
from tests.decoder.strangers import encoded, pdf
from tests.factories import HOSPITAL
from tests.journeys.conftest import Visitors, both_ways
from tests.journeys.stack import Portal
from tests.pages.account import Access
from tests.pages.visitor import Visitor

STORY = "Tuve fiebre y me faltaba el aire. Me internaron el lunes y salí el sábado."


@both_ways
def test_a_holder_registers_a_claim_and_sends_its_papers(
    kept_in: str,
    size: tuple[int, int],
    has_script: bool,
    visitors: Visitors,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    portal: Portal = request.getfixturevalue("portal" if kept_in == "sqlite" else "portal_on_postgresql")
    visitor, juana = visitors(portal, size, has_script=has_script), portal.make.customer()
    portal.bought(juana, product=HOSPITAL)
    Access(visitor).sign_in(juana.username, juana.password)

    visitor.go("/siniestros")
    visitor.follow("Registrar siniestro")
    visitor.page.get_by_text("Renta diaria por hospitalización").first.click()
    visitor.press("Siguiente")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Vamos a pedirle")
    visitor.press("Siguiente")
    tells(visitor)
    sends(visitor, tmp_path)
    visitor.press("Siguiente")
    expect(visitor.main).to_contain_text(STORY)
    visitor.page.locator("[name=acepta]").check()
    visitor.press("Registrar siniestro")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Recibimos su aviso")
    number = visitor.page.locator(".number-xl").inner_text()
    portal.letters.wait(juana.email, f"Recibimos su aviso: es el {number}")
    visitor.follow("Ver qué falta")
    expect(visitor.main).to_contain_text("Le toca a usted")
    visitor.go("/siniestros")
    expect(visitor.main).to_contain_text(number)


def tells(visitor: Visitor) -> None:
    """The day lies before the cover: said, and taken all the same."""
    visitor.page.locator("[name=fecha]").fill("02/03/2026")
    cause = visitor.page.locator("[name=causa][value=accidente]")
    if cause.count():
        cause.check()
    visitor.page.locator("[name=relato]").fill(STORY)
    visitor.press("Siguiente")
    expect(visitor.main).to_contain_text("antes de que empezara su seguro")
    visitor.press("Está bien, seguir")
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Envíe sus documentos")


def sends(visitor: Visitor, folder: Path) -> None:
    """Two pages of one paper at once; without a script one."""
    first, second = folder / "uno.pdf", folder / "dos.jpg"
    first.write_bytes(pdf())
    second.write_bytes(encoded(good(1), "JPEG"))
    paper = visitor.page.locator(f"#{visitor.page.locator('.send').first.get_attribute('id')}")  # it moves down
    paper.locator("input[name=archivo]").set_input_files([first, second] if visitor.has_script else [first])
    if not visitor.has_script:
        paper.get_by_role("button", name="Enviar").click()
    expect(paper).to_contain_text("Recibido")
    expect(paper.get_by_role("link", name="Ver")).to_have_count(2 if visitor.has_script else 1)
    expect(paper.locator("[data-rows] li")).to_have_count(0)
