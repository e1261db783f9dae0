"""A holder changes the plan of a policy: a dearer one through the purchase's steps, a cheaper one by a code."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visitors, both_ways
from tests.journeys.stack import Portal
from tests.pages.account import Access
from tests.pages.inspection import is_sound
from tests.pages.sale import Purchase


@both_ways
def test_a_holder_takes_a_dearer_plan_and_then_a_cheaper_one(
    kept_in: str, size: tuple[int, int], has_script: bool, visitors: Visitors, request: pytest.FixtureRequest
) -> None:
    portal: Portal = request.getfixturevalue("portal" if kept_in == "sqlite" else "portal_on_postgresql")
    visitor, juana = visitors(portal, size, has_script=has_script), portal.make.customer()
    (number,) = portal.policies(portal.bought(juana))
    (other,) = portal.policies(portal.bought(juana))
    for one in (number, other):
        portal.make.in_force(one)
    Access(visitor).sign_in(juana.username, juana.password)

    visitor.go(f"/polizas/{number}")
    visitor.page.get_by_role("link", name="Cambiar de plan").click()
    visitor.sees("Cambio de plan")
    expect(visitor.main).to_contain_text("Usted paga")
    is_sound(visitor)
    visitor.press("Elegir cómo pagar")
    purchase = Purchase(visitor)
    purchase.pay_with("4821")
    visitor.press("Siguiente")
    expect(visitor.main).to_contain_text("Este código autoriza su cambio de plan")
    is_sound(visitor)
    visitor.give_code(portal.letters.code(juana.email, "para pasar al Plan 3"), "Verificar")
    visitor.sees("Términos de su cambio de plan")
    is_sound(visitor)
    visitor.page.get_by_label("Acepto los términos").check()
    visitor.press("Generar solicitud de pago")
    expect(visitor.main).to_contain_text("Cambio al Plan 3")
    visitor.press("Procesar Pago")
    portal.letters.wait(juana.email, f"Su póliza {number} pasa al Plan 3")
    visitor.go(f"/polizas/{number}/cambiar-plan/1")
    visitor.sees("Listo: su póliza pasa al Plan 3")
    is_sound(visitor)

    visitor.go(f"/polizas/{other}/cambiar-plan?plan=plan-1")
    expect(visitor.main).to_contain_text("Le devolvemos")
    visitor.press("Enviar código")
    visitor.give_code(portal.letters.code(juana.email, "para pasar al Plan 1"), "Cambiar de plan")
    visitor.sees("Listo: su póliza pasa al Plan 1")
    portal.letters.wait(juana.email, "Le devolvimos")
    is_sound(visitor)
