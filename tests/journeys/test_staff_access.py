"""Staff come in: the second step turned on, passed, and begun anew by a supervisor."""

from __future__ import annotations

import re

import pyotp
import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import DESKTOP, PHONE, Visitors
from tests.journeys.stack import Portal, text_of
from tests.pages.account import Access


@pytest.mark.parametrize(("size", "has_script"), [(PHONE, False), (DESKTOP, True)])
def test_the_second_step_from_the_first_sign_in_to_its_reset(
    portal: Portal, visitors: Visitors, size: tuple[int, int], has_script: bool
) -> None:
    me, boss = portal.make.recruit(), portal.make.supervisor()
    mine = visitors(portal, size, has_script=has_script)
    access = Access(mine)
    access.sign_in(me.username, me.password, "/gestion")
    access.begin_second_step()
    secret = mine.main.locator(".key").inner_text().replace(" ", "")
    link = mine.main.get_by_role("link", name="ábralo en la aplicación").get_attribute("href")
    assert link is not None
    assert pyotp.parse_uri(link).secret == secret
    codes = access.turn_second_step_on(pyotp.TOTP(secret).now())
    mine.page.reload()
    assert mine.main.locator("ol li").all_inner_texts() == codes
    access.keep_recovery_codes()
    assert mine.path == "/gestion"
    portal.letters.wait(me.email, "Su segundo paso")

    other = visitors(portal, size, has_script=has_script)
    Access(other).sign_in(me.username, me.password)
    other.sees("Escriba el código de su teléfono")
    other.follow("Use un código de recuperación")
    other.write(codigo=codes[0])
    with other.page.expect_navigation():
        other.press("Ingresar")
    expect(other.notices).to_contain_text("Le quedan 9 códigos de recuperación.")

    theirs = visitors(portal, size, has_script=has_script)
    Access(theirs).sign_in(boss.username, boss.password, f"/gestion/personal/{me.username}")
    Access(theirs).pass_second_step(portal.make.app_code(boss))
    theirs.page.get_by_label("Perdió el teléfono o se lo robaron").check()
    theirs.press("Reiniciar su segundo paso")
    expect(theirs.notices).to_contain_text("Reiniciamos su segundo paso")
    assert re.search("Motivo: perdió el teléfono", text_of(portal.letters.wait(me.email, "Se reinició")))

    for visitor in (mine, other):
        visitor.go("/gestion")
        visitor.sees("Ingrese a su cuenta")
    access.sign_in(me.username, me.password)
    mine.sees("Active su segundo paso")
