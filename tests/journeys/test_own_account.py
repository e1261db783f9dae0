"""Customers come in again and look after their account, in Chromium with script and without, under axe."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import Visitors, by_size
from tests.journeys.stack import Portal, code_in, text_of
from tests.pages.account import Access
from tests.pages.inspection import is_sound

NEW = "cuatro nubes bajo el mar"


@by_size
def test_a_forgotten_password_by_the_mails_link_on_another_device(
    portal: Portal, visitors: Visitors, size: tuple[int, int], has_script: bool
) -> None:
    me = portal.make.customer()
    asking = visitors(portal, size, has_script=has_script)
    asking.go("/ingresar")
    asking.follow("¿Olvidó su contraseña?")
    asking.sees("¿Olvidó su contraseña?")
    is_sound(asking)
    asking.write(numero_documento=me.identity.number)
    asking.press("Enviar el código")
    asking.sees("Elija otra contraseña")
    mail = portal.letters.wait(me.email, "Su código para elegir otra contraseña")
    (link,) = set(re.findall(rf"{re.escape(portal.url)}/recuperar/[\w-]+", text_of(mail)))
    assert me.username in text_of(mail)

    phone = visitors(portal, size, has_script=has_script)
    phone.go(link)
    phone.sees("Elija otra contraseña")
    is_sound(phone)
    phone.write(codigo=code_in(mail), nueva=NEW, **({} if has_script else {"repetida": NEW}))
    with phone.page.expect_navigation():
        phone.press("Guardar la contraseña")
    phone.sees("Ingrese a su cuenta")
    expect(phone.notices).to_contain_text("Su contraseña nueva ya vale")
    portal.letters.wait(me.email, "Se cambió la contraseña")
    Access(phone).sign_in(me.username, NEW)
    assert phone.path == "/inicio"


@by_size
def test_another_address_and_the_sessions(
    portal: Portal, visitors: Visitors, size: tuple[int, int], has_script: bool
) -> None:
    me = portal.make.customer()
    new = f"nuevo.{me.username}@example.com"
    other, mine = (visitors(portal, size, has_script=has_script) for _ in range(2))
    Access(other).sign_in(me.username, me.password)
    Access(mine).sign_in(me.username, me.password)
    portal.letters.wait(me.email, "desde un equipo nuevo")

    def look() -> None:
        mine.is_settled()
        is_sound(mine)

    mine.go("/perfil")
    look()
    mine.follow("Cambiar correo")
    mine.sees("Cambiar correo")
    look()
    mine.write(correo=new, actual=me.password)
    mine.press("Siguiente")
    mine.sees("¿Es su correo nuevo?")
    look()
    mine.press("Está bien, enviar el código")
    mine.sees("Escriba el código")
    look()
    mine.give_code(portal.letters.code(new, "Su código para cambiar el correo"), "Confirmar el correo nuevo")
    mine.sees("Mi Perfil")
    expect(mine.main).to_contain_text(new)
    portal.letters.wait(me.email, "Cambió el correo de su cuenta")
    portal.letters.wait(new, "Este es el nuevo correo")

    mine.press("Autorizar")
    expect(mine.main).to_contain_text("Usted nos autorizó a enviárselas")
    mine.press("Retirar mi permiso")
    expect(mine.main).to_contain_text("No le enviamos ninguna")
    mine.follow("Corregir celular o dirección")
    mine.sees("Celular y dirección")
    look()
    mine.write(celular="912345678")
    mine.press("Guardar")
    mine.sees("Mi Perfil")
    expect(mine.main).to_contain_text("912 345 678")

    mine.follow("Ver sesiones abiertas")
    mine.sees("Sesiones abiertas")
    look()
    mine.press("Cerrar todas las demás")
    expect(mine.main).to_contain_text("No hay otra sesión abierta")
    other.go("/inicio")
    other.sees("Ingrese a su cuenta")
