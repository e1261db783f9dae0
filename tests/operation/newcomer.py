"""Somebody new, from "Crear Cuenta Nueva" to the policy in the mailbox, by pages alone; each word of theirs is found
again wherever it should not be."""

from __future__ import annotations

import re

from portal.domain import clock
from tests.factories import ACCIDENT
from tests.journeys.stack import Portal, code_in, text_of
from tests.operation.walker import Walker

NAMES, PATERNAL, MATERNAL = "Canarina", "Xilófonez", "Yunquehuanca"
DOCUMENT, PHONE = "71935264", "918273645"
ADDRESS, EMAIL = "Jirón Canario Amarillo 8642", "canarina.xilo@nidodepajaros.example"
PASSWORD, WRONG_PASSWORD = "alpiste jaula trino plumaje", "zorzal equivocado tremendo"
FIRST_DIGITS, SECOND_DIGITS = "0001", "7359"
HEIR = {"nombres": "Herederina", "apellidos": "Quetzalcóndor", "numero_documento": "46813579"}
PERSONAL = [NAMES, PATERNAL, MATERNAL, DOCUMENT, PHONE, ADDRESS, EMAIL, PASSWORD, WRONG_PASSWORD]


def opens_an_account(walker: Walker, portal: Portal) -> set[str]:
    """With a code and a password mistyped on the way. The secrets that were mailed."""
    walker.go("/crear-cuenta")
    walker.send(
        tipo_documento="DNI",
        numero_documento=DOCUMENT,
        nombres=NAMES,
        apellido_paterno=PATERNAL,
        apellido_materno=MATERNAL,
        fecha_nacimiento="27/08/1994",
    )
    walker.send(
        celular=PHONE,
        correo=EMAIL,
        direccion=ADDRESS,
        departamento="15",
        provincia="1501",
        distrito="150131",
    )
    assert EMAIL in walker.page.text
    walker.send("acepta")
    mail = portal.letters.wait(EMAIL, "es su código para abrir su cuenta")
    (link,) = re.findall(rf"{re.escape(portal.url)}(/activar/\S+)", text_of(mail))
    code = code_in(mail)
    walker.go(link)
    walker.send(codigo="000000" if code != "000000" else "000001")
    walker.send(codigo=code)
    words = text_of(portal.letters.wait(EMAIL, "Su usuario y su contraseña inicial"))
    (user,) = re.findall(r"Su usuario: (\S+)", words)
    (initial,) = re.findall(r"Su contraseña inicial: (\S+)", words)
    walker.go("/ingresar")
    walker.send(usuario=user, clave=WRONG_PASSWORD)
    assert "sesión" not in walker.page.url.path
    walker.send(usuario=user, clave=initial)
    walker.send(nueva=PASSWORD, repetida=PASSWORD)
    assert walker.page.status_code == 200
    return {link.rpartition("/")[2], code, user, initial}


def buys(walker: Walker, portal: Portal) -> set[str]:
    """Twice: with a card that is refused, and with one that is charged. The codes that were mailed."""
    codes = set()
    heir = HEIR | {"parentesco": "hijo", "tipo_documento": "DNI", "fecha_nacimiento": "09/03/2001", "porcentaje": "100"}
    for digits, ends in ((FIRST_DIGITS, "no aprobó el pago"), (SECOND_DIGITS, "Su póliza")):
        walker.go(f"/cotizar/{ACCIDENT}/plan-2")
        walker.send(asegurado="yo", cuando="pronto")
        walker.send(acepta="y")
        walker.send(**heir)
        codes.add(pays(walker, portal, digits, ends))
    return codes


def pays(walker: Walker, portal: Portal, digits: str, ends: str) -> str:
    """Through the steps from the card on, until the mail that says how it ended. The code that was mailed."""
    bank = walker.options("banco")[0]
    walker.send(forma="cuenta", banco=bank, digitos=digits, vence=f"12/{clock.today().year + 2}")
    code = portal.letters.code(EMAIL)
    walker.send(codigo=code)
    walker.send(acepta="y")
    walker.send(monto=amount(walker))
    portal.letters.wait(EMAIL, ends)
    return code


def amount(walker: Walker) -> str:
    (found,) = set(re.findall(r'name="monto"[^>]*value="([^"]+)"', walker.page.text))
    return str(found)
