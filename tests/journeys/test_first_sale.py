"""From "Crear Cuenta Nueva" to the policy in the mailbox, as a person does it."""

from __future__ import annotations

import hashlib
import re

import pytest
from playwright.sync_api import expect

from portal.domain import clock
from portal.domain.catalogue import Plan, Product
from portal.services.catalogue import offers
from tests.factories import ACCIDENT
from tests.journeys import paper
from tests.journeys.conftest import DESKTOP, PHONE, Visitors
from tests.journeys.stack import Portal, code_in, text_of
from tests.pages.account import Access, SignUp
from tests.pages.people import MOTHER, SON, Newcomer
from tests.pages.sale import CARD, Quoting
from tests.pages.thumb import Thumb
from tests.pages.visitor import Visitor

PLAN = "Plan 2"
COUNTED, COUNTED_WITHOUT_SCRIPT = (39, 170, 17), (48, 190, 17)  # taps, letters, screens
PREMIUM = "S/\N{NO-BREAK SPACE}72.92"


@pytest.mark.parametrize(
    ("kept_in", "size", "has_script"),
    [
        pytest.param("sqlite", PHONE, True, id="phone"),
        pytest.param("sqlite", DESKTOP, True, id="desktop"),
        pytest.param("postgresql", PHONE, False, id="phone-without-javascript-on-postgresql"),
    ],
)
def test_a_person_opens_an_account_buys_and_holds_the_policy(
    kept_in: str, size: tuple[int, int], has_script: bool, visitors: Visitors, request: pytest.FixtureRequest
) -> None:
    portal: Portal = request.getfixturevalue("portal" if kept_in == "sqlite" else "portal_on_postgresql")
    visitor, who = visitors(portal, size, has_script=has_script), Newcomer()

    opens_an_account(visitor, portal, who)
    quote = quotes(visitor, portal, who)
    number, payment, code = buys(visitor, portal, who)
    holds_the_policy(visitor, portal, who, number, payment)
    reads_the_messages(visitor, quote, number, code)


@pytest.mark.parametrize(
    ("size", "has_script"),
    [
        pytest.param(PHONE, True, id="phone"),
        pytest.param(PHONE, False, id="phone-without-javascript"),
        pytest.param(DESKTOP, True, id="desktop", marks=pytest.mark.wide),
    ],
)
def test_a_new_customer_is_insured_in_under_forty_taps(
    portal: Portal, visitors: Visitors, size: tuple[int, int], has_script: bool
) -> None:
    """From the login page to the mailed policy, with one beneficiary and a charge to an account."""
    visitor, who = visitors(portal, size, has_script=has_script), Newcomer()
    thumb = Thumb(visitor)
    visitor.go("/ingresar")
    thumb.sees("Ingrese a su cuenta")
    thumb.follow("Ver planes y precios")
    thumb.sees("Productos")
    thumb.follow(f"Cotizar Muerte Accidental {PLAN}")
    thumb.sees("Ingrese a su cuenta")
    thumb.follow("Crear Cuenta Nueva")
    tells_who_they_are(thumb, who)
    comes_in(thumb, portal, who)
    thumb.sees("Cotizar")
    thumb.press("Aceptar")
    thumb.sees("Cotización")
    thumb.tick("He leído la cotización")
    thumb.press("Comprar")
    pays(thumb, portal, who)
    thumb.sees("Su seguro está comprado")
    portal.letters.wait(who.email, "Su póliza")
    assert (thumb.taps, thumb.letters, thumb.screens) == (COUNTED if has_script else COUNTED_WITHOUT_SCRIPT)
    if has_script:
        assert thumb.taps < 40
        assert thumb.seconds < 8 * 60


def tells_who_they_are(thumb: Thumb, who: Newcomer) -> None:
    thumb.sees("Ingresar Datos")
    thumb.write("Número de documento", who.document)
    thumb.write("Nombres", who.names)
    thumb.write("Apellido paterno", who.paternal)
    thumb.write("Apellido materno (opcional)", who.maternal)
    thumb.write("Fecha de nacimiento", who.birth)
    thumb.press("Siguiente")
    thumb.sees("Ingresar Datos de contacto")
    thumb.write("Celular", who.phone)
    thumb.write("Correo electrónico", who.email)
    if thumb.visitor.has_script:
        thumb.write("Distrito", who.district[:5])
        thumb.press(f"{who.district}, {who.province}, {who.department}")
    else:
        thumb.choose("Departamento", who.department)
        thumb.press("Ver provincias")
        thumb.choose("Provincia", who.province)
        thumb.press("Ver distritos")
        thumb.choose("Distrito", who.district)
    thumb.write("Dirección", "Jr. Los Álamos 345")
    thumb.press("Siguiente")
    thumb.sees("¿Es su correo?")
    thumb.press("Aceptar y enviar el código")


def comes_in(thumb: Thumb, portal: Portal, who: Newcomer) -> None:
    mail = portal.letters.wait(who.email, "Su código para abrir su cuenta")
    (link,) = re.findall(rf"{re.escape(portal.url)}/activar/\S+", text_of(mail))
    thumb.open_mail(link)
    thumb.sees("Escriba el código")
    thumb.give_code(code_in(mail), "Abrir mi cuenta")
    thumb.sees("Su cuenta ya está activa")
    words = text_of(portal.letters.wait(who.email, "Su usuario y su contraseña inicial"))
    (initial,) = re.findall(r"Su contraseña inicial: (\S+)", words)
    thumb.paste("Contraseña", initial)
    thumb.press("Ingresar")
    thumb.sees("Elija su contraseña")
    thumb.write("Contraseña nueva", who.password)
    if not thumb.visitor.has_script:
        thumb.write("Repita la contraseña nueva", who.password)
    thumb.press("Guardar e ingresar")


def pays(thumb: Thumb, portal: Portal, who: Newcomer) -> None:
    thumb.sees("¿Quién recibirá el dinero?")
    thumb.tick(MOTHER.relation)
    thumb.write("Nombres", MOTHER.names)
    thumb.write("Apellidos", MOTHER.surnames)
    thumb.write("Nacimiento (día/mes/año)", MOTHER.birth)
    thumb.press("Siguiente")
    thumb.sees("¿Cómo quiere pagar?")
    thumb.tick("Banco Andino del Perú")
    thumb.write("Últimos 4 dígitos", CARD)
    thumb.write("Vence (mes/año)", f"12/{clock.today().year + 2 - 2000}")
    thumb.press("Siguiente")
    thumb.sees("Verifique que es usted")
    thumb.give_code(portal.letters.code(who.email), "Verificar")
    thumb.sees("Términos de su compra")
    thumb.tick("Acepto los términos")
    thumb.press("Generar solicitud de pago")
    thumb.sees("Su solicitud de pago")
    thumb.press("Procesar Pago")


def opens_an_account(visitor: Visitor, portal: Portal, who: Newcomer) -> None:
    signing_up, access = SignUp(visitor), Access(visitor)
    Quoting(visitor).choose("Muerte Accidental", PLAN)
    signing_up.begin()
    signing_up.answer(who)
    signing_up.accept(who)

    mail = portal.letters.wait(who.email, "Su código para abrir su cuenta")
    (link,) = re.findall(rf"{re.escape(portal.url)}/activar/\S+", text_of(mail))
    signing_up.confirm(link, code_in(mail))

    words = text_of(portal.letters.wait(who.email, "Su usuario y su contraseña inicial"))
    (user,) = re.findall(r"Su usuario: (\S+)", words)
    (initial,) = re.findall(r"Su contraseña inicial: (\S+)", words)
    assert portal.url not in words  # a password never travels with a link
    access.sign_in(user, initial)
    visitor.go("/cotizaciones")
    assert visitor.path == "/cambiar-clave"  # before anything else
    access.choose_password(who.password)


def quotes(visitor: Visitor, portal: Portal, who: Newcomer) -> str:
    quoting = Quoting(visitor)
    number = quoting.accept()  # the plan that was chosen before there was an account
    words = paper.text_of(quoting.pdf().path().read_bytes())
    for said in (number, who.full_name, who.document, PLAN, PREMIUM):
        assert flat(said) in words
    visitor.page.locator("[name=acepta]").check()
    return number


def buys(visitor: Visitor, portal: Portal, who: Newcomer) -> tuple[str, str, str]:
    purchase = Quoting(visitor).buy()
    assert purchase.steps == ["Beneficiarios", "Forma de pago", "Verificación", "Términos", "Pago"]
    purchase.name(MOTHER, SON)
    for said in ("Resumen de la compra", who.full_name, PLAN, f"{MOTHER.names} {MOTHER.surnames}", "66.67", "33.33"):
        expect(visitor.main).to_contain_text(said)
    purchase.validate(CARD)
    code = portal.letters.code(who.email)
    purchase.verify(code)
    payment = purchase.accept_terms()
    public_id = purchase.public_id
    assert portal.charges(payment) == []
    purchase.process()
    purchase.is_issued()
    (charge,) = portal.charges(payment)
    assert (charge["status"], charge["amount"]) == ("approved", "72.92")
    (number,) = portal.policies(public_id)
    for said in (number, payment, CARD, "72.92", f"{MOTHER.names} {MOTHER.surnames}", f"{SON.names} {SON.surnames}"):
        expect(visitor.main).to_contain_text(said)
    return number, payment, code


def holds_the_policy(visitor: Visitor, portal: Portal, who: Newcomer, number: str, payment: str) -> None:
    mail = portal.letters.wait(who.email, f"Su póliza {number}")
    product, plan = sold(portal)
    reads_the_mail(visitor, mail.body("html") or "", who, number, product, plan)

    (attached,) = mail.attachments()
    assert (attached.name, attached.content_type) == (f"{number}.pdf", "application/pdf")
    downloaded = visitor.download(lambda: visitor.follow("Descargar PDF")).path().read_bytes()
    assert hashlib.sha256(attached.data).hexdigest() == hashlib.sha256(downloaded).hexdigest()

    words = paper.text_of(downloaded)
    people = (f"{one.names} {one.surnames}" for one in (MOTHER, SON))
    for said in (number, who.full_name, who.document, PLAN, PREMIUM, payment, *people, SON.representative):
        assert flat(said) in words
    for coverage, benefit in product.covered_by(plan):
        assert flat(coverage.name) in words
        assert f"{benefit.amount:,.0f}" in words
    squeezed = words.replace(" ", "")
    for printed in (*product.exclusions, *(line for part in product.conditions for line in part.paragraphs)):
        assert printed.replace(" ", "").replace("\N{NO-BREAK SPACE}", "") in squeezed, printed
    assert len(re.findall(r"\b\d\d/\d\d/\d{4}\b[^.]{0,12}12:00", words)) >= 2  # from noon to noon
    *sheets, last = paper.filled(downloaded)
    assert min(*sheets, last) > 0.5, "a sheet is half empty"

    (address,) = set(re.findall(rf"{re.escape(portal.url)}/verificar/[\w-]+", mail.body("html") or ""))
    assert_anybody_may_verify(visitor, address, number, who)


def reads_the_mail(visitor: Visitor, html: str, who: Newcomer, number: str, product: Product, plan: Plan) -> None:
    """The message says everything by itself: nothing is fetched for it."""
    assert not re.search(r"<(img|link|script|iframe)\b", html)
    letter = visitor.page.context.new_page()
    letter.set_content(html)
    words = flat(letter.locator("body").inner_text())
    letter.close()
    for said in (number, who.full_name, PLAN, PREMIUM, MOTHER.surnames, SON.representative, product.insurer.name):
        assert flat(said) in words
    for coverage, _ in product.covered_by(plan):
        assert flat(coverage.name) in words


def assert_anybody_may_verify(visitor: Visitor, address: str, number: str, who: Newcomer) -> None:
    visitor.go(address)
    expect(visitor.page.get_by_role("heading", level=1)).to_contain_text("Esta póliza todavía no empieza")
    expect(visitor.main).to_contain_text(number)
    for private in (who.paternal, who.document, "72.92", MOTHER.surnames):
        expect(visitor.main).not_to_contain_text(private)


def reads_the_messages(visitor: Visitor, quote: str, number: str, code: str) -> None:
    visitor.go("/comunicaciones")
    visitor.sees("Mis Comunicaciones")
    for subject in (f"Su póliza {number}", quote, "Su usuario y su contraseña inicial"):
        expect(visitor.main).to_contain_text(subject)
    visitor.follow("Código para comprar", exact=False)
    expect(visitor.main).to_contain_text("El código o la clave ya no se muestra")
    expect(visitor.main).not_to_contain_text(code)


def sold(portal: Portal) -> tuple[Product, Plan]:
    with portal.app.app_context():
        offer, plan = offers.plan_on_sale(ACCIDENT, "plan-2")
        return offer.product, plan


def flat(text: str) -> str:
    return " ".join(text.split())
