"""The desk's search in a browser: a customer found by name, told apart, and read on one page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import Visitors, by_size
from tests.journeys.stack import Portal
from tests.journeys.test_desk_queue import at_the_desk
from tests.pages.inspection import is_sound


@by_size
def test_a_collaborator_finds_a_customer_by_name_and_reads_them(
    portal: Portal, visitors: Visitors, size: tuple[int, int], has_script: bool
) -> None:
    surname = f"Ñahui{'Zoila' if has_script else 'Zenón'}"
    rosa = portal.make.customer(names="Rosa Ángela", paternal_surname=surname)
    portal.make.customer(names="Rosalía", paternal_surname=surname)
    (policy,) = portal.policies(portal.bought(rosa))
    desk = at_the_desk(portal, visitors(portal, size, has_script=has_script), portal.make.collaborator(), "/gestion")
    is_sound(desk)
    search = desk.page.get_by_role("search")
    search.get_by_role("searchbox").fill(f"{surname.lower().replace('ñ', 'n').replace('ó', 'o')} ros")
    search.get_by_role("button", name="Ir").click()
    desk.sees("Clientes encontrados")
    is_sound(desk)
    row = desk.main.get_by_role("row").filter(has_text="Rosa Ángela")
    expect(row).to_contain_text(f"•••••{rosa.identity.number[-3:]}")
    assert rosa.identity.number not in desk.page.content()
    row.get_by_role("button").click()
    desk.sees(f"Rosa Ángela {surname} Quispe")
    expect(desk.main).to_contain_text(policy)
    expect(desk.main).to_contain_text("Póliza enviada")
    assert "ahui" not in desk.page.url
    is_sound(desk)
