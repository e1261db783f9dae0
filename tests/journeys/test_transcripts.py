"""Sign-up and purchase as a screen reader says them: docs/transcripts. `./run docs` writes them anew."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest

from tests.journeys.stack import Portal, code_in, text_of
from tests.pages.account import Access, SignUp
from tests.pages.people import MOTHER, SON, Newcomer
from tests.pages.sale import CARD, Quoting
from tests.pages.screen_reader import ScreenReader
from tests.pages.visitor import Visitor

FOLDER = Path(__file__).parents[2] / "docs/transcripts"
INTRO = (
    "What a screen reader says on a phone, in its order, drawn from Chromium's accessibility tree: `./run docs`. "
    "A test keeps it current. Words that change from one reading to the next stand as 〈fecha〉, 〈hora〉, 〈número〉, "
    "〈estado〉."
)


@pytest.fixture
def reader(visitor: Visitor) -> ScreenReader:
    return ScreenReader(visitor)


def test_sign_up_reads_as_written_down(reader: ScreenReader, portal: Portal, pytestconfig: pytest.Config) -> None:
    visitor, who = reader.visitor, Newcomer(number=7001)
    signing_up, access = SignUp(visitor), Access(visitor)
    reader.tells("Abre el portal")
    visitor.go("/ingresar")
    reader.reads(whole=True)

    reader.tells("Sigue el enlace «Crear Cuenta Nueva»")
    signing_up.begin()
    reader.reads()
    reader.tells("Pulsa «Siguiente» sin haber llenado nada")
    visitor.press("Siguiente")
    visitor.mistakes.wait_for()
    reader.reads()
    reader.tells("Dice quién es y pulsa «Siguiente»")
    signing_up.tell_who(who)
    reader.reads()
    reader.tells("Llena su contacto, elige su distrito por su nombre y pulsa «Siguiente»")
    signing_up.tell_contact(who)
    reader.reads()
    reader.tells("Acepta y pide el código")
    signing_up.accept(who)
    reader.reads()

    reader.tells("Abre el enlace del correo y escribe el código")
    mail = portal.letters.wait(who.email, "Su código para abrir su cuenta")
    (link,) = re.findall(rf"{re.escape(portal.url)}/activar/\S+", text_of(mail))
    signing_up.confirm(link, code_in(mail))
    reader.reads()
    reader.tells("Ingresa con la contraseña inicial")
    words = text_of(portal.letters.wait(who.email, "Su usuario y su contraseña inicial"))
    (initial,) = re.findall(r"Su contraseña inicial: (\S+)", words)
    access.sign_in(who.document, initial)
    reader.reads()
    reader.tells("Elige su contraseña")
    access.choose_password(who.password)
    reader.reads(whole=True)

    assert_written_down("alta", "Crear una cuenta", reader, pytestconfig)


def test_a_purchase_reads_as_written_down(reader: ScreenReader, portal: Portal, pytestconfig: pytest.Config) -> None:
    visitor, quoting = reader.visitor, Quoting(reader.visitor)
    someone = portal.make.customer(document_number="70007002", email="rosa7002@familia.example", names="Rosa Elena")
    Access(visitor).sign_in(someone.username, someone.password)
    reader.tells("Abre «Productos» y elige uno")
    visitor.go("/productos")
    reader.reads()
    quoting.open_product("Microseguro de Muerte Accidental")
    reader.reads()
    reader.tells("Cotiza el Plan 2")
    visitor.follow("Cotizar el Plan 2")
    reader.reads()
    visitor.press("Aceptar")
    visitor.page.locator("[name=acepta]").wait_for()
    reader.reads()

    reader.tells("Acepta y compra: beneficiarios")
    purchase = quoting.buy()
    purchase.step_is("Beneficiarios")
    reader.reads(whole=True)
    reader.tells("Guarda a una persona y agrega a otra")
    purchase.describe(MOTHER)
    visitor.press("Agregar otra persona")
    purchase.person(f"{MOTHER.names} {MOTHER.surnames}").wait_for()
    reader.reads()
    purchase.describe(SON)
    visitor.press("Siguiente")

    reader.tells("Forma de pago")
    purchase.step_is("Forma de pago")
    reader.reads()
    reader.tells("Elige «Cargo a Cuenta», su banco y su tarjeta: verificación")
    purchase.pay_with(CARD)
    visitor.press("Siguiente")
    purchase.step_is("Verificación")
    reader.reads()
    reader.tells("Escribe un código incompleto")
    visitor.write(codigo="123")
    visitor.press("Verificar")
    visitor.mistakes.wait_for()
    reader.reads()
    reader.tells("Escribe el código: términos")
    purchase.verify(portal.letters.code(someone.email))
    reader.reads()
    reader.tells("Acepta y genera la solicitud de pago")
    purchase.accept_terms()
    reader.reads()
    reader.tells("Procesa el pago: la póliza")
    purchase.process()
    purchase.is_issued()
    visitor.go(f"/compras/{purchase.public_id}/resumen")
    reader.reads()

    assert_written_down("compra", "Comprar un seguro", reader, pytestconfig)


def assert_written_down(name: str, title: str, reader: ScreenReader, config: pytest.Config) -> None:
    """What was read is what the folder keeps; with --draw the folder keeps what was read."""
    file, said = FOLDER / f"{name}.md", reader.transcript(title, INTRO)
    if config.getoption("--draw"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(said)
    kept = file.read_text()
    changes = difflib.unified_diff(kept.splitlines(), said.splitlines(), "kept", "said now", lineterm="", n=1)
    assert kept == said, "run ./run docs and read what changed:\n" + "\n".join(changes)
