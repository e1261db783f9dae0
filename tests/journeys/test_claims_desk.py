"""A claim at the desk in a browser: taken by key, its documents looked at, answered by two."""

from __future__ import annotations

import io

from playwright.sync_api import expect

from portal.services.claims import attachments, papers
from portal.services.claims import claim as rows
from tests.decoder.strangers import drawing, encoded
from tests.factories import HOSPITAL, Someone
from tests.journeys.conftest import DESKTOP, Visitors, by_size
from tests.journeys.stack import Portal
from tests.journeys.test_desk_queue import at_the_desk
from tests.pages.inspection import is_sound, problems
from tests.pages.visitor import Visitor


def claimed(portal: Portal, owner: Someone) -> str:
    """The number of a claim whose documents have come as photos."""
    (policy,) = portal.policies(portal.bought(owner, product=HOSPITAL))
    number = portal.make.claim(owner, policy=policy)
    with portal.app.app_context():
        for paper in papers.missing(rows.get(number, owner.actor)):
            photo = io.BytesIO(encoded(drawing(), "PNG"))
            attachments.send(paper.id, paper.claim, photo, owner.actor)
    return number


def says(visitor: Visitor, words: str) -> None:
    """These words can be seen on the page."""
    expect(visitor.page.get_by_text(words).filter(visible=True).first).to_be_visible()


@by_size
def test_two_people_answer_a_claim(portal: Portal, visitors: Visitors, size: tuple[int, int], has_script: bool) -> None:
    owner = portal.make.customer(names="Fidel", paternal_surname="Quispe", maternal_surname="Huamán")
    carla, jorge = portal.make.collaborator(names="Carla"), portal.make.supervisor(names="Jorge")
    number = claimed(portal, owner)
    first = at_the_desk(portal, visitors(portal, size, has_script=has_script), carla, "/gestion/siniestros")
    says(first, "Fidel Quispe Huamán")
    is_sound(first)
    page = first.page
    page.locator("tr", has_text=number).get_by_role("button", name="Tomar").click()
    says(first, "Lo que contó")
    for _ in range(2):
        page.get_by_role("button", name="Aceptar").click()
        says(first, "Documento aceptado.")
    is_sound(first)
    page.get_by_label("Aprobar").check(force=True)
    page.get_by_label("Días completos que prueban los documentos").fill("6")
    page.get_by_role("button", name="Calcular").click()
    says(first, "70.00 × 6 días")
    page.get_by_label("Nota para quien confirma").fill("Epicrisis completa.")
    page.get_by_role("button", name="Proponer esta respuesta").click()
    says(first, "Falta que otra persona confirme")

    second = at_the_desk(portal, visitors(portal, size, has_script=has_script), jorge, f"/gestion/siniestros/{number}")
    says(second, "«Epicrisis completa.»")
    is_sound(second)
    second.page.get_by_role("button", name="Confirmar S/").click()
    says(second, "Confirmado: salen las cartas y los correos.")
    portal.letters.wait(owner.email, "Aprobamos su pedido")


def test_the_desk_is_worked_by_keys(portal: Portal, visitors: Visitors) -> None:
    owner, carla = portal.make.customer(), portal.make.collaborator()
    number = claimed(portal, owner)
    desk = at_the_desk(portal, visitors(portal, DESKTOP), carla, "/gestion/siniestros?de=libres")
    page = desk.page
    for _ in range(50):
        page.keyboard.press("j")
        if page.locator(".is-cursor", has_text=number).count():
            break
    page.keyboard.press("t")
    says(desk, "Lo que contó")
    desk.is_settled()
    page.keyboard.press("a")
    says(desk, "Documento aceptado.")
    desk.is_settled()
    page.keyboard.press("n")
    expect(page.get_by_label("Nota nueva")).to_be_focused()
    page.keyboard.type("Llamar a las 5 pm")
    expect(page.get_by_label("Nota nueva")).to_have_value("Llamar a las 5 pm")
    page.keyboard.press("Control+Enter")
    says(desk, "La nota quedó guardada.")
    page.locator("h1").focus()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.locator("h1").focus()
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Teclas de esta página")
    expect(listed).to_contain_text("ir a la propuesta")
    assert not problems(desk)
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    expect(page.get_by_role("button", name="Aceptar")).to_be_visible()
    at = page.url
    for words in ("Apagar las teclas", "Encender las teclas"):
        desk.go("/perfil")
        desk.press(words)
        says(desk, "Las teclas de una letra quedaron")
        page.goto(at)
        page.locator("h1").focus()
        page.keyboard.press("n")
        note = expect(page.get_by_label("Nota nueva"))
        note.not_to_be_focused() if words == "Apagar las teclas" else note.to_be_focused()
    page.locator("h1").focus()
    page.keyboard.press("Escape")
    says(desk, "Qué sigue")
