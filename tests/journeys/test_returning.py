"""Somebody comes back: what needs doing now, their lists, their policy, and the PDF passed on from the phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.factories import AGENCY, HOSPITAL, Someone, beneficiary
from tests.journeys.conftest import Visitors, by_size
from tests.journeys.stack import Portal
from tests.pages.account import Access
from tests.pages.inspection import in_reach, is_sound, problems
from tests.pages.thumb import Thumb
from tests.pages.visitor import Visitor
from tests.processes import until

# What a phone's browser has: it takes files and remembers what it was given.
_PHONE_THAT_SHARES = """
    window.shared = [];
    navigator.canShare = ({files}) => files.every(file => file.type === "application/pdf");
    navigator.share = async ({files}) => {
        for (const file of files) shared.push([file.name, (await file.text()).slice(0, 5)]);
    };
"""


@pytest.fixture
def juana(portal: Portal) -> Someone:
    return portal.make.customer(names="Juana")


def enter(portal: Portal, visitors: Visitors, who: Someone, *choices: Any, **named: Any) -> Visitor:
    visitor = visitors(portal, *choices, **named)
    Access(visitor).sign_in(who.username, who.password)
    return visitor


@by_size
def test_a_returning_customer_finds_what_to_do_and_all_that_is_theirs(
    portal: Portal, visitors: Visitors, juana: Someone, size: tuple[int, int], has_script: bool
) -> None:
    public_id = portal.bought(juana)
    (number,) = portal.policies(public_id)
    begun = portal.make.purchase(juana, product=HOSPITAL)
    visitor = enter(portal, visitors, juana, size, has_script=has_script)
    expect(visitor.main).to_contain_text("Tiene 1 cosa por hacer")
    is_sound(visitor)
    visitor.follow("Termine su compra", exact=False)
    assert begun in visitor.path
    visitor.go("/cotizaciones")
    is_sound(visitor)
    visitor.page.get_by_role("link", name="Continuar compra").click()
    assert begun in visitor.path
    visitor.go("/seguros")
    visitor.sees("Mis Seguros")
    expect(visitor.main).to_contain_text("1 póliza, por empezar")
    is_sound(visitor)
    visitor.follow(f"Modificar {number}")
    visitor.sees("Administrar Póliza")
    is_sound(visitor)
    documents = visitor.page.locator("details", has=visitor.page.get_by_text("Documentos", exact=True))
    documents.locator("summary").first.click()
    expect(documents).to_contain_text("KB")
    with visitor.page.expect_download() as got:
        documents.get_by_role("link", name=f"Póliza {number}").click()
    assert got.value.suggested_filename == f"{number}.pdf"
    expect(visitor.page.get_by_role("button", name="Compartir")).to_have_count(0)


@by_size
def test_a_second_policy_takes_fourteen_taps_and_one_more_without_script(
    portal: Portal, visitors: Visitors, juana: Someone, size: tuple[int, int], has_script: bool
) -> None:
    portal.bought(juana, named=[beneficiary("Carmen Rosa")])
    visitor = visitors(portal, size, has_script=has_script)
    thumb = Thumb(visitor)
    visitor.go("/ingresar")
    thumb.sees("Ingrese a su cuenta")
    thumb.write("Usuario", juana.username)
    thumb.write("Contraseña", juana.password)
    thumb.press("Ingresar")
    thumb.sees("Juana")
    thumb.follow("Cotizar un seguro", exact=False)
    thumb.sees("Productos")
    thumb.follow("Cotizar Muerte Accidental Plan 2")
    thumb.sees("Cotizar")
    thumb.press("Aceptar")
    thumb.sees("Cotización")
    thumb.tick("He leído la cotización")
    thumb.press("Comprar")
    thumb.sees("¿Quién recibirá el dinero?")
    in_reach(visitor)
    thumb.press("Los mismos de su otro seguro: Carmen Rosa")
    thumb.sees("¿Cómo quiere pagar?")
    in_reach(visitor)
    expect(visitor.main).to_contain_text("Es la de su último pago")
    thumb.press("Siguiente")
    thumb.sees("Verifique que es usted")
    in_reach(visitor)
    thumb.write("Código de 6 dígitos", portal.letters.code(juana.email))
    if not has_script:
        thumb.press("Verificar")
    thumb.sees("Términos de su compra")
    in_reach(visitor)
    thumb.tick("Acepto los términos")
    thumb.press("Generar solicitud de pago")
    thumb.sees("Su solicitud de pago")
    in_reach(visitor)
    thumb.press("Procesar Pago")
    portal.letters.wait(juana.email, "Su póliza")
    # "Verificar" is one more where no script sends the code; reading it in its mail counts none in either.
    assert thumb.taps == (14 if has_script else 15)
    assert thumb.seconds < 240


def test_filters_keep_the_list_in_its_place(portal: Portal, visitors: Visitors, juana: Someone) -> None:
    for _ in range(5):
        portal.make.quote(juana)
    portal.make.purchase(juana)
    visitor = enter(portal, visitors, juana)
    visitor.go("/cotizaciones")
    visitor.follow("En compra")
    expect(visitor.page.get_by_role("link", name="Continuar compra")).to_have_count(1)
    expect(visitor.page.locator("tbody tr")).to_have_count(1)
    visitor.follow("Vencidas")
    visitor.follow("Ver todas")
    expect(visitor.page.locator("tbody tr")).to_have_count(6)


@pytest.mark.parametrize("width", [320, 768, 992])
def test_the_lists_fit_between_a_phone_and_a_desktop(
    portal: Portal, visitors: Visitors, juana: Someone, width: int
) -> None:
    portal.bought(juana)
    portal.pays_in_cash(juana, AGENCY)
    visitor = enter(portal, visitors, juana, (width, 900))
    for path in ("/seguros", "/cotizaciones", "/comunicaciones"):
        visitor.go(path)
        assert problems(visitor) == []


def test_the_policy_is_passed_on_from_a_phone_that_shares_files(
    portal: Portal, visitors: Visitors, juana: Someone
) -> None:
    public_id = portal.bought(juana)
    (number,) = portal.policies(public_id)
    visitor = visitors(portal)
    visitor.page.add_init_script(_PHONE_THAT_SHARES)
    Access(visitor).sign_in(juana.username, juana.password)
    for path in (f"/polizas/{number}", f"/compras/{public_id}/resumen"):
        visitor.go(path)
        visitor.press("Compartir")
        until(lambda: visitor.page.evaluate("shared.length > 0"), "the file is shared")
        assert visitor.page.evaluate("shared") == [[f"{number}.pdf", "%PDF-"]]


def test_a_phone_that_wants_another_press_gets_the_file_at_once(
    portal: Portal, visitors: Visitors, juana: Someone
) -> None:
    (number,) = portal.policies(portal.bought(juana))
    visitor = visitors(portal)
    visitor.page.add_init_script(_PHONE_THAT_SHARES)
    Access(visitor).sign_in(juana.username, juana.password)
    visitor.go(f"/polizas/{number}")
    visitor.page.evaluate(
        """() => {
            const share = navigator.share;
            navigator.share = async () => {
                navigator.share = share;
                throw new DOMException("", "NotAllowedError");
            };
        }"""
    )
    visitor.press("Compartir")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.press("Listo, compartir")
    until(lambda: visitor.page.evaluate("shared.length > 0"), "the file is shared")
    assert asked == []
