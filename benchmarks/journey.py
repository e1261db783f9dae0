"""A purchase as a customer makes it, from the quote's form to the policy's page."""

from __future__ import annotations

import re
from collections.abc import Callable

from benchmarks.browser import Browser, Page
from portal.domain import clock

PRODUCT, PLAN = "muerte-accidental", "plan-2"
_CODE = re.compile(r"\b(\d{6})\b")
_BANK = re.compile(r'name="banco"[^>]* value="([^"]+)"')

FIRST = {
    "parentesco": "hijo",
    "nombres": "Rosa",
    "apellidos": "Quispe Mamani",
    "tipo_documento": "DNI",
    "numero_documento": "60000001",
    "fecha_nacimiento": "09/03/2001",
    "porcentaje": "60",
}
SECOND = FIRST | {"nombres": "Pedro", "numero_documento": "60000002", "porcentaje": "40"}


def sign_in(browser: Browser, username: str, password: str) -> None:
    browser.get("/ingresar")
    browser.post("/ingresar", {"usuario": username, "clave": password})


def begin(browser: Browser) -> str:
    """Quote and start to buy. The address of the purchase."""
    form = browser.get(f"/cotizar/{PRODUCT}/{PLAN}")
    quote = browser.post(form.path, {"asegurado": "yo", "cuando": "pronto"}, fragment=True)
    step = browser.post(f"{quote.path}/comprar", {"acepta": "y"})
    return step.path.rpartition("/")[0]


def name_two(browser: Browser, purchase: str) -> Page:
    """Name two beneficiaries. The step that follows."""
    step = f"{purchase}/beneficiarios"
    browser.post(step, FIRST | {"agregar": "1"}, fragment=True)
    return browser.post(step, SECOND, fragment=True)


def validate(browser: Browser, step: Page) -> None:
    bank = _BANK.findall(step.text)[0]
    card = {"forma": "cuenta", "banco": bank, "digitos": "4821", "vence": f"12/{clock.today().year + 2}"}
    browser.post(step.path, card, fragment=True)


def verify(browser: Browser, purchase: str, mail_text: str) -> None:
    code = _CODE.search(mail_text)
    assert code, mail_text
    browser.post(f"{purchase}/verificacion", {"codigo": code[1]}, fragment=True)


def request_payment(browser: Browser, purchase: str) -> None:
    """Accept the terms."""
    browser.post(f"{purchase}/terminos", {"acepta": "y"}, fragment=True)


def pay(browser: Browser, purchase: str) -> None:
    """Press "Procesar Pago" on the page that shows it."""
    browser.post(f"{purchase}/pago", {}, fragment=True)


def read_policy(browser: Browser, purchase: str) -> None:
    summary = browser.get(purchase)
    found = re.search(r'href="(/polizas/[A-Z]+-\d+-\d+)"', summary.text)
    assert found, summary.text
    browser.get(found[1])


def up_to_payment(browser: Browser, mail: Callable[[], str]) -> str:
    """Everything before "Procesar Pago". The purchase's address."""
    purchase = begin(browser)
    validate(browser, name_two(browser, purchase))
    verify(browser, purchase, mail())
    request_payment(browser, purchase)
    return purchase
