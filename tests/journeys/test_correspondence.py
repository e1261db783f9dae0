"""A policy that did not arrive: seen, its address corrected, delivered with the very same bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESKTOP, PHONE, Visitors
from tests.journeys.stack import Portal
from tests.pages.account import Access


@pytest.mark.parametrize(("size", "has_script"), [(PHONE, True), (DESKTOP, False)])
def test_a_policy_not_delivered_arrives_at_the_corrected_address(
    portal: Portal, visitors: Visitors, size: tuple[int, int], has_script: bool
) -> None:
    tag = f"{size[0]}"
    someone = portal.make.customer()
    lost = portal.bought_but_lost(someone, f"no-existe+{tag}@correo.pe")
    number = lost.subject.split()[2].rstrip(":")
    visitor = visitors(portal, size, has_script=has_script)
    Access(visitor).sign_in(someone.username, someone.password)

    visitor.go("/comunicaciones")
    line = visitor.page.get_by_role("row").filter(has_text="No entregado")
    expect(line).to_contain_text(number)
    expect(line).to_contain_text("La dirección de correo no existe o no recibe mensajes.")
    line.get_by_role("link", name="Póliza enviada").click()
    visitor.sees(lost.subject)
    expect(visitor.main).to_contain_text(f"Este correo no llegó a no-existe+{tag}@correo.pe")

    visitor.write(correo=f"juana{tag}@gmial.com")
    visitor.press("Enviar otra vez")
    expect(visitor.mistakes).to_contain_text("Revise esta dirección")
    visitor.press(f"Enviar a juana{tag}@gmail.com")
    expect(visitor.notices).to_contain_text(f"El mensaje sale ahora hacia juana{tag}@gmail.com")

    mail = portal.letters.wait(f"juana{tag}@gmail.com", number)
    assert mail.header("Message-ID") != lost.rfc_message_id, "programs hide what they have had"
    visitor.go(f"/comunicaciones/{lost.id}")
    expect(visitor.main).to_contain_text("Enviado")
    with visitor.page.expect_download() as coming:
        visitor.main.get_by_role("link", name=f"{number}.pdf").click()
    downloaded = hashlib.sha256(Path(coming.value.path()).read_bytes()).hexdigest()
    assert downloaded == hashlib.sha256(mail.attachments()[0].data).hexdigest()


def test_the_mail_as_it_was_sent_is_read_in_its_page_and_aside_and_leads_back(
    portal: Portal, visitors: Visitors
) -> None:
    someone = portal.make.customer()
    number = portal.policies(portal.bought(someone))[0]
    visitor = visitors(portal)
    Access(visitor).sign_in(someone.username, someone.password)
    visitor.go("/comunicaciones")
    visitor.follow("Póliza enviada")
    visitor.sees(f"Su póliza {number}: Muerte Accidental, Plan 2")
    with visitor.page.context.expect_page() as opened:
        visitor.follow("Ver el correo en grande", exact=False)
    mail = opened.value
    expect(mail.get_by_role("heading", level=1)).to_have_text("Aquí está su póliza")
    assert mail.evaluate("window.origin") == "null", "it has no part in the portal's origin"
    framed = visitor.page.frame_locator("iframe")
    expect(framed.get_by_role("heading", level=1)).to_have_text("Aquí está su póliza")
    for shown in (mail, framed):
        with visitor.page.context.expect_page() as led:
            shown.get_by_role("link", name="Ver mi póliza").click()
        expect(led.value).to_have_url(f"{portal.url}/polizas/{number}")
