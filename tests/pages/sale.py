"""From the product to the policy: quoting and the purchase's steps."""

from __future__ import annotations

import re

from playwright.sync_api import Download, Locator, expect

from portal.domain import clock
from tests.pages.people import Named
from tests.pages.visitor import Visitor

CARD = "4821"  # the sandbox bank approves it


class Quoting:
    """Productos, the product, "Cotizar", and the quote."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def choose(self, product: str, plan: str) -> None:
        """Without an account, from the login page's door to the login that asks who it is."""
        self.visitor.go("/ingresar")
        self.visitor.follow("Ver planes y precios")
        self.visitor.sees("Productos")
        self.visitor.follow(f"Cotizar {product} {plan}")
        self.visitor.sees("Ingrese a su cuenta")
        expect(self.visitor.main).to_contain_text(f"Le guardamos su plan: {product}, {plan}")

    def open_product(self, name: str) -> None:
        self.visitor.go("/productos")
        self.visitor.sees("Productos")
        self.visitor.follow(f"Ver detalle de {name}")
        self.visitor.sees(name)

    def quote(self, plan: str) -> str:
        """Quote a plan for oneself; the quote's number."""
        self.visitor.follow(f"Cotizar el {plan}")
        return self.accept()

    def accept(self) -> str:
        """Accept the form as it is filled; the quote's number."""
        expect(self.visitor.page.get_by_role("heading", level=1)).to_contain_text("Cotizar")
        self.visitor.press("Aceptar")
        title = self.visitor.page.get_by_role("heading", level=1)
        expect(title).to_contain_text("Cotización")
        return title.inner_text().split()[-1].replace("\u2060", "").replace("\u2011", "-")

    def pdf(self) -> Download:
        return self.visitor.download(lambda: self.visitor.press("Descargar PDF"))

    def buy(self) -> Purchase:
        self.visitor.page.locator("[name=acepta]").check()
        self.visitor.press("Comprar")
        expect(self.visitor.page).to_have_url(re.compile("/compras/"))  # of two presses, the first leads nowhere
        return Purchase(self.visitor)


class Purchase:
    """The wizard. Each method answers the step that is open and waits for the next."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    @property
    def public_id(self) -> str:
        return self.visitor.path.split("/")[2]

    @property
    def steps(self) -> list[str]:
        """The titles of the steps, in their order."""
        return self.visitor.page.locator(".steps li").all_inner_texts()

    def open(self, public_id: str, slug: str = "") -> None:
        self.visitor.go(f"/compras/{public_id}/{slug}".rstrip("/"))

    def step_is(self, title: str) -> None:
        expect(self.visitor.page.locator(".steps-now b")).to_contain_text(f": {title}")

    def name(self, *people: Named) -> None:
        """Name beneficiaries, from an empty list."""
        self.step_is("Beneficiarios")
        for at, one in enumerate(people):
            if at:
                self.visitor.press("Agregar otra persona")
                expect(self.person(f"{people[at - 1].names} {people[at - 1].surnames}")).to_be_visible()
            self.describe(one)
        self.visitor.press("Siguiente")
        self.step_is("Forma de pago")

    def describe(self, one: Named) -> None:
        """Fill the form of one beneficiary."""
        self.visitor.page.get_by_role("radio", name=one.relation).check()
        self.visitor.write(nombres=one.names, apellidos=one.surnames, fecha_nacimiento=one.birth)
        self.visitor.main.get_by_text("Documento y más opciones").click()
        self.visitor.write(numero_documento=one.document, porcentaje=one.share)
        if one.representative:
            if not self.visitor.has_script:  # it is asked for once the date is known
                self.visitor.press("Siguiente")
            self.visitor.write(representante=one.representative)

    def person(self, name: str) -> Locator:
        """The block of a beneficiary already named."""
        return self.visitor.page.locator("section.person", has=self.visitor.page.get_by_role("heading", name=name))

    def pay_with(self, last4: str, *, month: int = 12, year: int | None = None) -> None:
        """Fill in the card; it expires in two years unless told otherwise."""
        page = self.visitor.page
        page.get_by_label("Cargo a Cuenta").check()
        if (other := page.get_by_text("Usar otra tarjeta")).is_visible():
            other.click()
        page.locator("[name=banco]").first.check()
        self.visitor.write(digitos=last4, vence=f"{month}/{year or clock.today().year + 2}")

    def validate(self, last4: str = CARD) -> None:
        self.step_is("Forma de pago")
        self.pay_with(last4)
        self.visitor.press("Siguiente")

    def choose_cash(self) -> None:
        self.step_is("Forma de pago")
        self.visitor.page.get_by_label("Pago en Efectivo").check()

    def find_agencies(self, department: str) -> None:
        """Have another department's agencies listed."""
        self.visitor.choose(departamento=department)
        if not self.visitor.has_script:
            self.visitor.press("Ver agencias")
        self.visitor.is_settled()

    @property
    def slip_code(self) -> str:
        """The nine digits on the slip's page, in groups of three."""
        return " ".join(self.visitor.main.locator(".money-xl").inner_text().split())

    def verify(self, code: str) -> None:
        self.step_is("Verificación")
        self.visitor.give_code(code, "Verificar")
        self.step_is("Términos")

    def accept_terms(self) -> str:
        """ "Generar solicitud de pago"; its number."""
        self.visitor.page.locator("[name=acepta]").check()
        self.visitor.press("Generar solicitud de pago")
        self.visitor.sees("Su solicitud de pago")
        return self.visitor.main.locator("dl.rows dd").first.inner_text()

    def process(self) -> None:
        self.visitor.press("Procesar Pago")

    def is_issued(self) -> None:
        """The summary comes by itself: the page asks again until the mail has left."""
        expect(self.visitor.page.get_by_role("heading", level=1)).to_contain_text("Su seguro está comprado")
