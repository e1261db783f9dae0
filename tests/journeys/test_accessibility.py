"""Every screen of the sale: axe, width, and nothing but the portal's own files and policy.

What any page reports or fetches is watched by `visitors` in all journeys; these visit every screen for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from flask import render_template
from playwright.sync_api import Route, expect

from portal.web.error_words import words_for
from tests.factories import HOSPITAL, Stage, beneficiary
from tests.journeys.conftest import DESKTOP, PHONE, Visitors
from tests.journeys.stack import Portal, code_in, text_of
from tests.pages.account import Access, SignUp
from tests.pages.inspection import problems
from tests.pages.people import Newcomer
from tests.pages.sale import Purchase
from tests.pages.visitor import Visitor

LONG = Newcomer(
    names="Maximiliana Encarnación del Rosario",
    paternal="Huamanchumo-Villavicencio",
    maternal="Ñaupari de la Torre Ugarte",
    address="Mz. Ñ Lt. 24, Asentamiento Humano Señor de los Milagros de Nazarenas, altura del paradero 14",
)


# The wide screens take as long again: `./run test -m wide tests/journeys` looks at them.
@pytest.fixture(params=[PHONE, pytest.param(DESKTOP, marks=pytest.mark.wide)], ids=["phone", "desktop"])
def look(request: pytest.FixtureRequest, portal: Portal, visitors: Visitors) -> Iterator[Look]:
    look = Look(visitors(portal, request.param))
    yield look
    assert not look.found, "\n".join(look.found)


class Look:
    """Somebody who looks closely at each screen, and remembers what was wrong."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.found: list[str] = []

    def at(self, path: str) -> None:
        self.visitor.go(path)
        self.now()

    def now(self) -> None:
        self.found += [f"{self.visitor.path} {line}" for line in problems(self.visitor)]

    def mistake(self, button: str) -> None:
        """Press a button too early: the summary takes the focus."""
        self.visitor.press(button)
        expect(self.visitor.mistakes).to_be_focused()
        self.now()


def test_screens_of_a_visitor(look: Look, portal: Portal) -> None:
    visitor, signing_up = look.visitor, SignUp(look.visitor)
    who = replace(LONG, number=Newcomer().number)
    look.at("/ingresar")
    look.mistake("Ingresar")
    for path in ("/productos", "/productos/muerte-accidental", "/productos/muerte-accidental/condiciones"):
        look.at(path)
    look.at("/cotizar/muerte-accidental/plan-2")  # the login that keeps the plan
    look.at("/crear-cuenta")
    look.mistake("Siguiente")
    signing_up.tell_who(who)
    look.now()
    look.mistake("Siguiente")
    visitor.press("Volver")
    visitor.sees("Ingresar Datos")
    signing_up.answer(who)
    look.now()
    signing_up.accept(who)
    look.now()
    look.mistake("Abrir mi cuenta")
    mail = portal.letters.wait(who.email, "Su código para abrir su cuenta")
    visitor.give_code(code_in(mail), "Abrir mi cuenta")
    visitor.sees("Su cuenta ya está activa")
    look.now()
    words = text_of(portal.letters.wait(who.email, "Su usuario"))
    (initial,) = re.findall(r"Su contraseña inicial: (\S+)", words)
    Access(visitor).sign_in(who.document, initial)
    look.now()
    look.mistake("Guardar e ingresar")
    for path in ("/verificar", "/verificar/no-existe", "/no-existe"):
        look.at(path)


def test_screens_of_a_customer_without_anything(look: Look, portal: Portal) -> None:
    someone = portal.make.customer()
    Access(look.visitor).sign_in(someone.username, someone.password)
    for path in ("inicio", "productos", "cotizaciones", "seguros", "comunicaciones", "siniestros", "perfil"):
        look.at(f"/{path}")
    for path in (
        "/productos/muerte-accidental",
        "/productos/muerte-accidental/condiciones",
        "/productos/oncologico",
        "/productos/renta-hospitalaria",
        "/productos/sepelio",
    ):
        look.at(path)
    look.at("/perfil/clave")
    look.mistake("Cambiar contraseña")
    look.at("/cotizar/muerte-accidental/plan-2")
    look.visitor.page.get_by_label("A otra persona").check()
    look.now()
    look.mistake("Aceptar")
    look.at("/gestion")  # 403


def test_screens_of_messages(look: Look, portal: Portal) -> None:
    someone = portal.make.customer()
    policy = portal.bought_but_lost(someone, "no-existe+pantallas@correo.pe")
    portal.make.purchase(someone, Stage.METHOD, product=HOSPITAL)
    code = portal.undelivered(someone, "purchase_code")
    Access(look.visitor).sign_in(someone.username, someone.password)
    for query in ("", "?tema=polizas&estado=no-entregados", "?tema=cuenta"):
        look.at(f"/comunicaciones{query}")
    look.at(f"/comunicaciones/{code.id}")
    look.at(f"/comunicaciones/{policy.id}")
    look.visitor.write(correo="juana@gmial.com")
    look.mistake("Enviar otra vez")


def test_screens_of_a_purchase(look: Look, portal: Portal) -> None:
    visitor, purchase, someone = look.visitor, Purchase(look.visitor), portal.make.customer(names=LONG.names)
    Access(visitor).sign_in(someone.username, someone.password)
    quote = portal.make.quote(someone)
    look.at(f"/cotizaciones/{quote}")
    look.mistake("Comprar")
    public_id = portal.make.purchase(someone, quote=quote)
    look.at(f"/compras/{public_id}/beneficiarios")
    visitor.page.get_by_role("radio", name="Hijo o hija").check()
    look.mistake("Siguiente")
    portal.make.beneficiaries(
        someone,
        public_id,
        [beneficiary(LONG.names, share="33.34", surnames=f"{LONG.paternal} {LONG.maternal}")]
        + [beneficiary(names, share="33.33") for names in ("Ana", "Luz")],
    )
    look.at(f"/compras/{public_id}/beneficiarios")
    look.at(f"/compras/{public_id}/beneficiarios?persona=nueva")
    look.at(f"/compras/{public_id}/forma-de-pago")
    look.mistake("Siguiente")
    portal.make.method(someone, public_id, "0001")
    look.at(f"/compras/{public_id}/forma-de-pago")
    look.at(f"/compras/{public_id}/verificacion")
    look.mistake("Verificar")
    purchase.verify(portal.letters.code(someone.email))
    look.now()
    look.mistake("Generar solicitud de pago")
    look.at(f"/compras/{public_id}/verificacion")
    purchase.open(public_id, "terminos")
    purchase.accept_terms()
    look.now()
    purchase.process()
    expect(visitor.main).to_contain_text("saldo insuficiente")
    look.now()
    look.at("/inicio")
    look.at(f"/cotizaciones/{quote}")
    look.at(f"/cotizaciones/{quote}/condiciones")


def test_screens_of_what_was_bought(look: Look, portal: Portal) -> None:
    visitor, someone = look.visitor, portal.make.customer(names=LONG.names, paternal_surname=LONG.paternal)
    Access(visitor).sign_in(someone.username, someone.password)
    public_id = portal.bought(someone, named=[beneficiary("Ana", share="50"), beneficiary("Luz", share="50")])
    (number,) = portal.policies(public_id)
    portal.bought(someone, product=HOSPITAL)
    for path in (
        f"/compras/{public_id}/resumen",
        f"/polizas/{number}",
        f"/polizas/{number}/condiciones",
        "/inicio",
        "/seguros",
        "/cotizaciones",
        "/siniestros",
        "/comunicaciones",
    ):
        look.at(path)
    visitor.main.get_by_role("row").filter(has_text=number).get_by_role("link").first.click()
    expect(visitor.main).to_contain_text("Adjuntos")
    look.now()
    mail = next(mail for mail in portal.letters.to(someone.email) if number in mail.header("Subject"))
    (address,) = set(re.findall(rf"{re.escape(portal.url)}/verificar/[\w-]+", text_of(mail)))
    look.at(address)


def test_screens_of_a_payment_on_its_way(look: Look, portal: Portal) -> None:
    someone = portal.make.customer()
    Access(look.visitor).sign_in(someone.username, someone.password)
    purchase = Purchase(look.visitor)
    purchase.open(portal.ready_to_pay(someone, "0023"))  # the bank says nothing for minutes: the page stays
    purchase.process()
    look.visitor.sees("Estamos confirmando su pago con su banco")
    look.now()


def test_screens_of_collaborators(look: Look, portal: Portal) -> None:
    someone = portal.make.collaborator()
    Access(look.visitor).sign_in(someone.username, someone.password)
    Access(look.visitor).pass_second_step(portal.make.app_code(someone))
    for path in ("/gestion", "/perfil", "/productos/muerte-accidental", "/no-existe"):
        look.at(path)


def test_screens_of_the_second_step(look: Look, portal: Portal) -> None:
    someone, visitor, access = portal.make.recruit(), look.visitor, Access(look.visitor)
    access.sign_in(someone.username, someone.password)
    look.now()
    access.begin_second_step()
    look.now()
    look.mistake("Activar")
    access.turn_second_step_on(portal.make.app_code(someone))
    look.now()
    look.mistake("Continuar")
    access.keep_recovery_codes()
    look.at("/perfil")
    look.at("/segundo-paso/codigos/nuevos")
    look.mistake("Crear códigos nuevos")
    visitor.page.context.clear_cookies()
    access.sign_in(someone.username, someone.password)
    look.now()
    look.mistake("Ingresar")
    look.at("/segundo-paso/recuperacion")
    look.mistake("Ingresar")


def test_screens_of_supervisors(look: Look, portal: Portal) -> None:
    me, someone = portal.make.supervisor(), portal.make.collaborator(names=LONG.names, paternal_surname=LONG.paternal)
    Access(look.visitor).sign_in(me.username, me.password)
    Access(look.visitor).pass_second_step(portal.make.app_code(me))
    for username in (me.username, portal.make.recruit().username, someone.username):
        look.at(f"/gestion/personal/{username}")
    look.mistake("Reiniciar su segundo paso")
    look.at("/gestion/personal")


def test_screens_of_failures(look: Look, portal: Portal) -> None:
    for status in (400, 403, 409, 413, 422, 429, 500, 503):
        layout = "bare" if status >= 500 else "page"
        with portal.app.test_request_context("/"):
            html = render_template("errors/error.html", layout=f"layouts/{layout}.html", words=words_for(status))
        look.visitor.page.route("**/falla", partial(Route.fulfill, body=html, content_type="text/html"))
        look.at("/falla")
        look.visitor.page.unroute("**/falla")
