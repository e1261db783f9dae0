"""A holder renews a policy: one page, the mailed code, the terms, and the press that pays; under two minutes."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portal.domain import clock
from portal.domain.calendar import noon
from portal.models import Policy
from portal.models.transaction import writing
from tests.factories import Someone, beneficiary
from tests.journeys.conftest import PHONE, Visitors, both_ways
from tests.journeys.stack import Portal
from tests.pages.account import Access
from tests.pages.inspection import in_reach, is_sound, problems
from tests.pages.thumb import Thumb
from tests.pages.visitor import Visitor

# What somebody presses, types and reads once they are in; without a script the code is sent by one press more.
TAPS, LETTERS, SCREENS = 7, 6, 4


def ends_in(portal: Portal, number: str, days: int) -> None:
    with portal.app.app_context(), writing() as session:
        policy = session.scalars(select(Policy).where(Policy.number == number)).one()
        policy.starts_at, policy.ends_at = (noon(clock.today() + timedelta(days=one)) for one in (days - 365, days))


def picture(visitor: Visitor, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        size = visitor.page.viewport_size or {"width": 0}
        visitor.page.screenshot(path=f"{folder}/{name}-{size['width']}.png", full_page=True)


def bought(portal: Portal, juana: Someone) -> str:
    named = [beneficiary("Rosa", share="60"), beneficiary("Pedro", share="40")]
    (number,) = portal.policies(portal.bought(juana, named=named))
    return number


@both_ways
def test_a_holder_renews_a_policy(
    kept_in: str, size: tuple[int, int], has_script: bool, visitors: Visitors, request: pytest.FixtureRequest
) -> None:
    portal: Portal = request.getfixturevalue("portal" if kept_in == "sqlite" else "portal_on_postgresql")
    visitor, juana = visitors(portal, size, has_script=has_script), portal.make.customer()
    number = bought(portal, juana)
    ends_in(portal, number, 20)
    Access(visitor).sign_in(juana.username, juana.password)
    picture(visitor, "home")
    thumb = Thumb(visitor)
    thumb.follow("Su seguro termina el", exact=False)
    thumb.sees("Renueve su seguro por un año más")
    expect(visitor.main).to_contain_text("Rosa 60")
    is_sound(visitor)
    picture(visitor, "renew")
    thumb.tick("Leí las condiciones del año nuevo")
    thumb.press("Renovar")

    thumb.sees("Verifique que es usted")
    expect(visitor.main).to_contain_text("Este código autoriza su renovación")
    is_sound(visitor)
    in_reach(visitor)
    picture(visitor, "code")
    thumb.write("Código de 6 dígitos", portal.letters.code(juana.email, "Su código para renovar"))
    if not has_script:
        thumb.press("Verificar")

    thumb.sees("Términos de su renovación")
    in_reach(visitor)
    picture(visitor, "terms")
    thumb.tick("Acepto los términos")
    thumb.press("Generar solicitud de pago")

    thumb.sees("Su solicitud de pago")
    in_reach(visitor)
    picture(visitor, "pay")
    thumb.press("Procesar Pago")
    mail = portal.letters.wait(juana.email, "Su póliza")
    assert (thumb.taps, thumb.letters, thumb.screens) == (TAPS + (not has_script), LETTERS, SCREENS)
    assert thumb.seconds < 120

    assert f"Renueva la póliza {number}" in str(mail.body("plain"))
    visitor.go(f"/polizas/{number}")
    picture(visitor, "old")
    visitor.follow("Ver la póliza nueva")
    expect(visitor.main).to_contain_text(f"Renueva la póliza {number}")
    picture(visitor, "new")
    visitor.go("/seguros")
    picture(visitor, "list")
    expect(visitor.main).to_contain_text("Le sigue la")


def test_one_that_has_ended_is_renewed_with_its_gap_said(portal: Portal, visitors: Visitors) -> None:
    juana = portal.make.customer()
    number = bought(portal, juana)
    ends_in(portal, number, -10)
    visitor = visitors(portal, PHONE)
    Access(visitor).sign_in(juana.username, juana.password)
    expect(visitor.main).to_contain_text("Su seguro terminó el")
    visitor.go(f"/polizas/{number}")
    expect(visitor.main).to_contain_text("quedan sin protección")
    visitor.follow("Renovar")
    expect(visitor.main).to_contain_text("Días sin protección")
    picture(visitor, "gap")
    assert problems(visitor) == []
    visitor.page.get_by_label("Pago en Efectivo").check()
    visitor.page.get_by_label("Leí las condiciones del año nuevo").check()
    visitor.press("Renovar")
    expect(visitor.main).to_contain_text("Elija la agencia donde pagará")
    picture(visitor, "cash")
