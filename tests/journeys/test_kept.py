"""What is typed is kept while it is typed, and who may lose a session hears of it in time: Chromium, and axe."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from portal.domain import clock
from portal.extensions import db
from portal.models import UserSession
from portal.services.payments import receipts
from tests.factories import Someone
from tests.journeys.conftest import DESKTOP, PHONE, Visitors
from tests.journeys.stack import Portal
from tests.pages.account import Access
from tests.pages.inspection import problems
from tests.pages.visitor import Visitor

QUOTE = "/cotizar/muerte-accidental/plan-2"


def unused_for(portal: Portal, someone: Someone, **time: int) -> None:
    """What time does to somebody's sessions."""
    with portal.app.app_context():
        mine = UserSession.account_id == someone.account_id
        db.session.execute(update(UserSession).where(mine).values(last_seen_at=clock.now() - timedelta(**time)))
        db.session.commit()


def test_a_device_goes_on_with_what_another_was_typing(portal: Portal, visitor: Visitor, visitors: Visitors) -> None:
    me = portal.make.customer()
    Access(visitor).sign_in(me.username, me.password)
    visitor.go(QUOTE)
    visitor.page.get_by_label("A otra persona").check()
    with visitor.page.expect_response(lambda answer: answer.url.endswith("/borrador")):
        visitor.write(nombres="Luis")
    other = visitors(portal, DESKTOP)
    Access(other).sign_in(me.username, me.password)
    other.go(QUOTE)
    expect(other.page.locator("[name=nombres]")).to_have_value("Luis")
    expect(other.main).to_contain_text("todavía no se envió nada")
    assert [*problems(other)] == []
    other.press("Borrarlo y empezar de nuevo")
    expect(other.page.locator("[name=nombres]")).to_have_value("")


@pytest.mark.parametrize("has_script", [True, False], ids=["javascript", "no-javascript"])
def test_a_form_sent_after_the_session_ended_is_there_after_login(
    portal: Portal, visitors: Visitors, has_script: bool
) -> None:
    me, visitor = portal.make.customer(), visitors(portal, PHONE, has_script=has_script)
    Access(visitor).sign_in(me.username, me.password)
    visitor.go(QUOTE)
    visitor.page.get_by_label("A otra persona").check()
    visitor.write(nombres="Luis", numero_documento="45454545")
    unused_for(portal, me, minutes=31)
    visitor.press("Aceptar")
    visitor.sees("Ingrese a su cuenta")
    expect(visitor.page.locator("body")).to_contain_text("Guardamos lo que escribió y no se envió nada")
    visitor.write(usuario=me.username, clave=me.password)
    visitor.press("Ingresar")
    expect(visitor.page.locator("[name=nombres]")).to_have_value("Luis")
    assert visitor.path == QUOTE


def test_two_minutes_before_the_end_one_press_goes_on(portal: Portal, visitor: Visitor, visitors: Visitors) -> None:
    me = portal.make.customer()
    Access(visitor).sign_in(me.username, me.password)
    visitor.page.clock.install()
    visitor.go(QUOTE)
    warning = visitor.page.get_by_role("alert").filter(has_text="Su sesión se va a cerrar")
    unused_for(portal, me, minutes=27)
    visitor.page.clock.fast_forward("27:30")
    expect(warning).to_have_count(0)
    unused_for(portal, me, minutes=28, seconds=30)
    visitor.page.clock.fast_forward("01:00")
    expect(warning).to_be_visible()
    assert [*problems(visitor)] == []
    visitor.page.get_by_role("button", name="Seguir conectado").press("Enter")
    expect(warning).to_have_count(0)
    unused_for(portal, me, minutes=31)
    visitor.page.clock.fast_forward("31:00")
    expect(visitor.page.get_by_role("alert").filter(has_text="Su sesión se cerró")).to_be_visible()
    visitor.page.clock.resume()


def test_the_page_of_a_slip_tells_by_itself_that_it_was_paid(portal: Portal, visitor: Visitor) -> None:
    me = portal.make.customer()
    Access(visitor).sign_in(me.username, me.password)
    slip = portal.make.slip(me, agency="CUS-1")
    cashier = portal.make.collaborator()
    visitor.page.clock.install()
    visitor.go(f"/compras/{slip.public_id}")
    visitor.sees("Pague en la agencia con este código")
    with portal.app.app_context():
        receipts.receive(slip.number, slip.amount, cashier.actor)
    visitor.page.clock.fast_forward("01:01")
    visitor.page.clock.resume()
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Su seguro está comprado")


def test_without_a_connection_a_plain_form_keeps_what_was_typed(portal: Portal, visitor: Visitor) -> None:
    visitor.go("/ingresar")
    visitor.write(usuario="juana")
    visitor.page.context.set_offline(True)
    visitor.press("Ingresar")
    expect(visitor.notices).to_contain_text("No hay conexión")
    expect(visitor.page.locator("[name=usuario]")).to_have_value("juana")
    visitor.faults[:] = [one for one in visitor.faults if "ERR_INTERNET_DISCONNECTED" not in one]  # the browser's line
    visitor.page.context.set_offline(False)
    visitor.press("Ingresar")
    expect(visitor.mistakes).to_be_visible()
