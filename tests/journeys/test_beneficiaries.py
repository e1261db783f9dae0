"""A holder names others to be paid: the list, what changes, the mailed code."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import beneficiary
from tests.journeys.conftest import Visitors, both_ways
from tests.journeys.stack import Portal
from tests.pages.account import Access


@both_ways
def test_a_holder_changes_who_is_paid(
    kept_in: str, size: tuple[int, int], has_script: bool, visitors: Visitors, request: pytest.FixtureRequest
) -> None:
    portal: Portal = request.getfixturevalue("portal" if kept_in == "sqlite" else "portal_on_postgresql")
    visitor, juana = visitors(portal, size, has_script=has_script), portal.make.customer()
    named = [beneficiary("Carmen Rosa", share="50"), beneficiary("Luz", share="50", identity=None)]
    (number,) = portal.policies(portal.bought(juana, named=named))
    Access(visitor).sign_in(juana.username, juana.password)
    visitor.go(f"/polizas/{number}")
    visitor.main.get_by_role("link", name="Beneficiarios").click()
    expect(visitor.main).to_contain_text("Hoy cobran")
    visitor.press("Cambiar beneficiarios")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("¿Quién recibirá el dinero?")
    visitor.press("Quitar a Luz Quispe Mamani")
    expect(visitor.page.locator("section.person")).to_have_count(1)
    expect(visitor.main).to_contain_text("100 %")
    visitor.page.get_by_role("link", name="Editar a Carmen Rosa Quispe Mamani").click()
    visitor.page.locator("[name=porcentaje]").fill("90")
    if has_script:
        expect(visitor.main.locator("output")).to_have_text("90\u00a0%")
    visitor.press("Guardar a esta persona")
    expect(visitor.main).to_contain_text("Faltan 10 % por repartir")
    visitor.page.get_by_role("link", name="Editar a Carmen Rosa Quispe Mamani").click()
    visitor.page.locator("[name=porcentaje]").fill("")
    visitor.press("Guardar a esta persona")
    expect(visitor.main).not_to_contain_text("por repartir")
    visitor.main.locator(".actions").get_by_role("button", name="Siguiente").click()
    expect(visitor.main).to_contain_text("Cobrarán")
    visitor.press("Enviar código")
    visitor.give_code(portal.letters.code(juana.email, "cambiar los beneficiarios"), "Verificar")
    expect(visitor.main).to_contain_text("Endoso 1: beneficiarios")
    portal.letters.wait(juana.email, f"Cambiaron los beneficiarios de su póliza {number}")
    visitor.go(f"/polizas/{number}")
    expect(visitor.main).to_contain_text("Beneficiarios cambiados: endoso 1")
