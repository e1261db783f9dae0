"""A death told of by a daughter without an account, and by the mother of a minor; matched by the desk; each goes on at
a page of their own (B01)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import expect

from portal.domain.identity import DocumentType, Identity
from tests.factories import beneficiary
from tests.factories.people import numbers
from tests.journeys.conftest import DESKTOP, PHONE, Visitors
from tests.journeys.stack import Portal, text_of
from tests.journeys.test_desk_queue import at_the_desk
from tests.pages.inspection import problems
from tests.pages.visitor import Visitor


def looks_well(visitor: Visitor) -> None:
    assert not (visitor.has_script and problems(visitor))  # axe runs in the page
    width = visitor.page.evaluate("document.documentElement.scrollWidth") if visitor.has_script else 0
    assert width <= max(PHONE[0], visitor.page.viewport_size["width"])  # type: ignore[index]


def gives_notice(portal: Portal, visitor: Visitor, insured: str, **sender: str) -> str:
    """All three steps from the first page on: the number."""
    visitor.go("/ingresar")
    visitor.follow("Avísenos aquí, sin cuenta")
    visitor.sees("Avisar un fallecimiento o accidente")
    looks_well(visitor)
    visitor.page.get_by_text("Una persona falleció").click()
    visitor.write(numero_documento=insured, relato="Se cayó de un andamio.")
    visitor.press("Seguir")
    visitor.sees("¿Quién es usted?")
    looks_well(visitor)
    visitor.write(**sender)
    visitor.press("Enviarme el código")
    visitor.sees("Escriba el código")
    looks_well(visitor)
    visitor.give_code(portal.letters.code(sender["correo"], "código para confirmar su aviso"), "Enviar mi aviso")
    visitor.sees("Recibimos su aviso")
    looks_well(visitor)
    number = visitor.main.locator(".number-xl").inner_text()
    assert number in text_of(portal.letters.wait(sender["correo"], number))
    return number


def follows(portal: Portal, visitor: Visitor, number: str, **sender: str) -> None:
    visitor.go("/avisos/seguimiento")
    visitor.write(numero=number, numero_documento=sender["numero_documento"])
    visitor.press("Enviarme el código")
    visitor.sees("Escriba el código")
    visitor.give_code(portal.letters.code(sender["correo"], "código para ver su aviso"), "Ver mi aviso")
    visitor.sees("Su aviso")
    looks_well(visitor)


def person(names: str, surnames: str, relation: str) -> dict[str, Any]:
    number = next(numbers)
    return {
        "numero_documento": f"{71_000_000 + number}",
        "nombres": names,
        "apellidos": surnames,
        "parentesco": relation,
        "correo": f"familia{number}@example.com",
    }


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "plain"])
def test_a_daughter_and_a_minors_mother_tell_of_a_death_and_see_their_own(
    portal: Portal, visitors: Visitors, has_script: bool
) -> None:
    nilda, elena = person("Nilda", "Apaza Huamán", "hija"), person("Elena", "Huamán Soto", "esposa")
    named = [
        beneficiary(
            "Nilda",
            share="60",
            surnames="Apaza Huamán",
            identity=Identity(DocumentType.DNI, nilda["numero_documento"]),
        ),
        beneficiary("Luis", share="40", birth_date=date(2015, 3, 9), identity=None, representative="Elena Huamán Soto"),
    ]
    insured = portal.make.customer(names="Hilario")
    portal.bought(insured, named=named)
    daughter, mother = (visitors(portal, PHONE, has_script=has_script) for _ in range(2))
    first = gives_notice(portal, daughter, insured.identity.number, **nilda)
    second = gives_notice(portal, mother, insured.identity.number, **elena)

    desk = at_the_desk(
        portal, visitors(portal, DESKTOP, has_script=has_script), portal.make.collaborator(), f"/gestion/avisos/{first}"
    )
    desk.press("Tomar este aviso")
    expect(desk.main).to_contain_text("Se parece 1 póliza")
    looks_well(desk)
    desk.main.get_by_label("Muerte accidental").first.check()
    desk.main.get_by_label(f"Unir con {second}").check()
    desk.write(dia="01/06/2026")
    desk.press("Emparejar y abrir el siniestro")
    expect(desk.page.locator("#avisos")).to_contain_text("Emparejado con SIN-")
    desk.go(f"/gestion/avisos/{second}")
    desk.press("Tomar este aviso")
    desk.main.get_by_label("Representa a Luis").check()
    desk.press("Guardar")
    looks_well(desk)

    portal.letters.wait(nilda["correo"], "ya está en trámite")
    for visitor, number, who, own, other in (
        (daughter, first, nilda, "12,000.00", "Luis"),
        (mother, second, elena, "8,000.00", "Nilda"),
    ):
        follows(portal, visitor, number, **who)
        visitor.main.get_by_role("link", name="Número SIN-").click()
        visitor.sees("Muerte accidental")
        expect(visitor.main).to_contain_text(own)
        expect(visitor.main).not_to_contain_text(other)
        looks_well(visitor)
    daughter.press("Cerrar esta página")
    daughter.sees("Ver cómo va mi aviso")
