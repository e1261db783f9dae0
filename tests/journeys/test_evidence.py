"""Evidence in a browser: from a file or the camera to a reviewer, asked again, sent again, accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.decoder.printed_pages import good, spoiled
from tests.decoder.strangers import encoded
from tests.factories import Someone
from tests.journeys.conftest import _CHROMIUM, _OPTIONS, DESKTOP, PHONE, Visitors, by_size
from tests.journeys.stack import Portal, text_of
from tests.pages.account import Access
from tests.pages.inspection import is_sound, problems
from tests.pages.visitor import Visitor
from tests.processes import PATIENCE

SHARP = encoded(good(1), "JPEG", quality=70)
BLURRED = encoded(spoiled("blurred", 1), "JPEG", quality=70)


def at_the_desk(portal: Portal, visitor: Visitor, someone: Someone, path: str) -> Visitor:
    access = Access(visitor)
    access.sign_in(someone.username, someone.password, path)
    access.pass_second_step(portal.make.app_code(someone))
    return visitor


def part(visitor: Visitor, name: str) -> Locator:
    """The part of the page about one kind of evidence."""
    return visitor.page.get_by_role("region", name=name)


def give(visitor: Visitor, name: str, folder: Path, data: bytes = SHARP) -> None:
    """Choose a file; without a script it is sent by its button."""
    file = folder / "foto.jpg"
    file.write_bytes(data)
    form = part(visitor, name).locator("form.upload").last
    form.locator("input[name=archivo]").set_input_files(file)
    if not visitor.has_script:
        form.get_by_role("button", name="Enviar").click()


@by_size
def test_evidence_is_sent_asked_again_and_accepted(
    portal: Portal, visitors: Visitors, tmp_path: Path, size: tuple[int, int], has_script: bool
) -> None:
    customer, carla = portal.make.customer(), portal.make.supervisor()
    (number,) = portal.policies(portal.bought(customer))
    theirs = visitors(portal, size, has_script=has_script)
    Access(theirs).sign_in(customer.username, customer.password, f"/polizas/{number}")
    theirs.follow("Registrar Evidencia")
    theirs.sees("Registrar Evidencia")
    is_sound(theirs)
    give(theirs, "Póliza firmada", tmp_path, BLURRED)
    signed = part(theirs, "Póliza firmada")
    expect(signed).to_contain_text("No se lee bien")
    expect(signed).to_contain_text("La foto salió movida")
    is_sound(theirs)

    desk = at_the_desk(portal, visitors(portal, size, has_script=has_script), carla, "/gestion/evidencias")
    desk.sees("Evidencias por revisar")
    is_sound(desk)
    desk.main.get_by_role("button", name=re.compile("Abrir póliza firmada")).last.click()
    expect(desk.main).to_contain_text(number)
    is_sound(desk)
    desk.main.get_by_text("Pedirla otra vez", exact=False).first.click()
    desk.page.get_by_label("Falta la firma").check()
    if has_script:
        expect(desk.page.locator("[name=texto]")).to_have_value(re.compile("No vemos su firma"))
    is_sound(desk)
    desk.press("Pedirla otra vez")
    expect(desk.notices).to_contain_text("Pedida otra vez")
    mail = portal.letters.wait(customer.email, "Envíe otra vez")
    assert "No vemos su firma" in text_of(mail)

    theirs.go("/inicio")
    expect(theirs.main).to_contain_text("Envíe otra vez: póliza firmada")
    is_sound(theirs)
    theirs.main.locator(".turn-you").get_by_role("link", name=re.compile("Envíe otra vez")).click()
    expect(theirs.main).to_contain_text("Le toca a usted")
    is_sound(theirs)
    give(theirs, "Póliza firmada", tmp_path)
    expect(signed.locator(".send").first).to_contain_text("por usted")
    expect(signed).to_contain_text("La revisamos y le avisamos")

    desk.go("/gestion/evidencias")
    desk.main.get_by_role("button", name=re.compile("Abrir póliza firmada")).last.click()
    desk.main.get_by_role("button", name=re.compile("Aceptar y pasar")).click()
    expect(desk.notices).to_contain_text("Aceptada")
    portal.letters.wait(customer.email, "Aceptamos su evidencia")
    theirs.go(f"/polizas/{number}/evidencia")
    expect(signed).to_contain_text("Aceptado")
    expect(signed.locator("form.upload")).to_have_count(0)
    is_sound(theirs)


@pytest.fixture
def with_camera(portal: Portal, chromium: Browser) -> Iterator[Visitor]:
    """A phone whose camera shows a moving picture."""
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    browser = chromium.browser_type.launch(executable_path=_CHROMIUM, args=[*_OPTIONS, *fake])
    context = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, permissions=["camera"], reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE * 1000)
    visitor = Visitor(context.new_page(), portal.url)
    yield visitor
    browser.close()
    assert not visitor.faults


def test_a_face_is_taken_in_the_page_and_a_newer_one_takes_its_place(portal: Portal, with_camera: Visitor) -> None:
    customer = portal.make.customer()
    (number,) = portal.policies(portal.bought(customer))
    Access(with_camera).sign_in(customer.username, customer.password, f"/polizas/{number}/evidencia")
    face = part(with_camera, "Foto de la persona")
    seen, shown = "", 0.0
    for _ in range(2):
        face.get_by_role("button", name="Tomar foto").first.click()
        stage = with_camera.page.get_by_role("dialog", name="Cámara")
        video = face.locator("video")
        expect(video).to_have_js_property("readyState", 4)
        # Another picture: each time this camera begins with the same ones, and the same file twice is one file.
        with_camera.page.wait_for_function(
            "([video, since]) => video.currentTime > since", arg=[video.element_handle(), shown]
        )
        shown = 3 + float(video.evaluate("video => video.currentTime"))
        stage.get_by_role("button", name="Tomar foto").click()
        stage.get_by_role("button", name="Usar esta foto").click()
        expect(face.locator(".thumb")).not_to_have_attribute("href", seen)
        expect(face.locator(".send")).to_have_count(1)
        seen = face.locator(".thumb").get_attribute("href") or ""
    assert not problems(with_camera)


def test_keys_press_what_the_reviewers_page_shows(portal: Portal, visitors: Visitors, tmp_path: Path) -> None:
    customer = portal.make.customer()
    (number,) = portal.policies(portal.bought(customer))
    theirs = visitors(portal)
    Access(theirs).sign_in(customer.username, customer.password, f"/polizas/{number}/evidencia")
    give(theirs, "Foto de la persona", tmp_path)
    expect(part(theirs, "Foto de la persona").locator(".send")).to_have_count(1)
    desk = at_the_desk(portal, visitors(portal, DESKTOP), portal.make.supervisor(), "/gestion/evidencias")
    desk.main.get_by_role("button", name=re.compile("Abrir foto de la persona")).last.click()
    view = desk.page.locator("[data-stage]")
    expect(desk.main.get_by_role("button", name=re.compile("De cerca"))).to_be_visible()
    for key, shown in (("+", "is-near"), ("r", "is-turned-1")):
        desk.page.keyboard.press(key)
        expect(view).to_have_class(re.compile(shown))
    desk.page.keyboard.press("0")
    expect(view).not_to_have_class(re.compile("is-near"))
    desk.page.keyboard.press("o")
    desk.page.keyboard.press("2")
    expect(desk.page.get_by_label("Salió cortada")).to_be_checked()
    desk.page.locator("[name=texto]").fill("Acérquese a la ventana.")
    desk.page.locator("[name=texto]").press("a")  # while something is written it is a letter
    desk.page.get_by_label("Salió cortada").focus()
    desk.page.keyboard.press("a")
    expect(desk.notices).to_contain_text("Aceptada")
