"""A holder ends a policy: what it would do, the mailed code, and the money on its way."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from portal.services.desk import search
from tests.journeys.conftest import DESKTOP, PHONE, Visitors, both_ways, by_size
from tests.journeys.stack import Portal, text_of
from tests.journeys.test_desk_queue import at_the_desk
from tests.pages.account import Access
from tests.pages.inspection import problems


@both_ways
def test_a_holder_ends_a_policy(
    kept_in: str, size: tuple[int, int], has_script: bool, visitors: Visitors, request: pytest.FixtureRequest
) -> None:
    portal: Portal = request.getfixturevalue("portal" if kept_in == "sqlite" else "portal_on_postgresql")
    visitor, juana = visitors(portal, size, has_script=has_script), portal.make.customer()
    (number,) = portal.policies(portal.bought(juana))
    Access(visitor).sign_in(juana.username, juana.password)
    visitor.go(f"/polizas/{number}")
    visitor.page.get_by_role("link", name="Desvincular").click()
    expect(visitor.main).to_contain_text("No llega a empezar")
    visitor.press("Enviar código")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Confirme con su código")
    visitor.give_code(portal.letters.code(juana.email, "desvincular"), "Desvincular")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Su póliza quedó desvinculada")
    portal.letters.wait(juana.email, f"Su póliza {number} quedó desvinculada")
    visitor.go(f"/polizas/{number}/desvincular")
    expect(visitor.main).to_contain_text("72.92")


def test_later_only_the_days_that_are_left_come_back(portal: Portal, visitors: Visitors) -> None:
    juana = portal.make.customer()
    (number,) = portal.policies(portal.bought(juana))
    with portal.later(timedelta(days=120)) as address:
        visitor = visitors(address, PHONE)
        Access(visitor).sign_in(juana.username, juana.password)
        visitor.go(f"/polizas/{number}/desvincular")
        expect(visitor.main).to_contain_text("Días que faltan")
        expect(visitor.main).to_contain_text("Terminar cuando quiera")


@pytest.mark.parametrize(
    ("size", "has_script"),
    [pytest.param(DESKTOP, True, id="desktop"), pytest.param(PHONE, False, id="phone-without-javascript")],
)
def test_a_clerk_ends_it_with_the_customer_at_the_desk(
    size: tuple[int, int], has_script: bool, visitors: Visitors, portal: Portal
) -> None:
    juana, clerk = portal.make.customer(), portal.make.collaborator()
    (number,) = portal.policies(portal.bought(juana))
    with portal.app.app_context():
        search.find(juana.identity.number, clerk.actor)
    desk = at_the_desk(
        portal, visitors(portal, size, has_script=has_script), clerk, f"/gestion/clientes/{juana.account_id}"
    )
    desk.page.get_by_role("link", name=number, exact=True).click()
    expect(desk.main).to_contain_text("Qué se puede cambiar")
    assert not (has_script and problems(desk))
    desk.page.get_by_role("link", name="Desvincular").click()
    expect(desk.main).to_contain_text("Lo de abajo le habla al cliente: léaselo")
    assert not (has_script and problems(desk))
    desk.press("Enviar código al cliente")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Pida el código al cliente")
    assert not (has_script and problems(desk))
    desk.give_code(portal.letters.code(juana.email, "desvincular"), "Desvincular")
    expect(desk.page.get_by_text(f"La póliza {number} quedó desvinculada")).to_be_visible()
    portal.letters.wait(juana.email, f"Su póliza {number} quedó desvinculada")


@by_size
def test_money_that_the_bank_refused_goes_to_another_account(
    size: tuple[int, int], has_script: bool, visitors: Visitors, portal: Portal
) -> None:
    visitor, juana = visitors(portal, size, has_script=has_script), portal.make.customer()
    (number,) = portal.policies(portal.bought(juana, last4="0101"))  # a card whose refunds the bank refuses
    portal.make.ended(number, juana)
    letter = portal.letters.wait(juana.email, "Elija cómo recibir sus")
    (address,) = re.findall(r"/devoluciones/\S+", text_of(letter))
    Access(visitor).sign_in(juana.username, juana.password)
    visitor.go(address)
    visitor.page.get_by_label("En otra cuenta a su nombre").check()
    visitor.page.get_by_label("CCI: 20 números").fill("002 191 000000000001 58")  # closed, to the sandbox bank
    visitor.press("Guardar y pedir mi dinero")
    portal.letters.wait(juana.email, "Elija cómo recibir sus")
    visitor.go(address)
    expect(visitor.main).to_contain_text("El banco dice que esa cuenta está cerrada.")
    visitor.page.get_by_label("CCI: 20 números").fill("00219100000000482155")
    visitor.press("Guardar y pedir mi dinero")
    portal.letters.wait(juana.email, "Le devolvimos")
    visitor.go(address)
    expect(visitor.main).to_contain_text("en su cuenta: BCP •••• 2155")
