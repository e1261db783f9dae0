"""Opening an account, signing in, the first password."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.pages.people import Newcomer
from tests.pages.visitor import Visitor


class SignUp:
    """ "Crear Cuenta Nueva": answers, terms, code."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def begin(self) -> None:
        self.visitor.go("/ingresar")
        self.visitor.follow("Crear Cuenta Nueva")
        self.visitor.sees("Ingresar Datos")

    def answer(self, who: Newcomer) -> None:
        self.tell_who(who)
        self.tell_contact(who)

    def tell_contact(self, who: Newcomer) -> None:
        """The second."""
        self.live_in(who)
        self.visitor.write(celular=who.phone, correo=who.email, direccion=who.address)
        self.visitor.press("Siguiente")
        self.visitor.sees("¿Es su correo?")

    def tell_who(self, who: Newcomer) -> None:
        """The first screen."""
        self.visitor.write(
            numero_documento=who.document,
            nombres=who.names,
            apellido_paterno=who.paternal,
            apellido_materno=who.maternal,
            fecha_nacimiento=who.birth,
        )
        self.visitor.press("Siguiente")
        self.visitor.sees("Ingresar Datos de contacto")
        self.visitor.is_settled()

    def ask_for_lists(self) -> None:
        """Whoever does not find their district by its name."""
        self.visitor.write(lugar="no sé")
        self.visitor.press("Elegir de las listas")
        self.visitor.is_settled()

    def live_in(self, who: Newcomer) -> None:
        """With a script the district by its name. Without, each list comes with what was chosen above it."""
        if self.visitor.has_script:
            self.visitor.write(lugar=who.district[:5])
            self.visitor.press(f"{who.district}, {who.province}, {who.department}")
            expect(self.visitor.page.locator("[name=direccion]")).to_be_focused()
            return
        for button, choice in (
            ("Ver provincias", {"departamento": who.department}),
            ("Ver distritos", {"provincia": who.province}),
            ("", {"distrito": who.district}),
        ):
            self.visitor.choose(**choice)
            if button:
                self.visitor.press(button)
            self.visitor.is_settled()

    def accept(self, who: Newcomer) -> None:
        expect(self.visitor.main).to_contain_text(who.email)
        offers = self.visitor.page.get_by_role("checkbox", name="comunicaciones comerciales")
        expect(offers).not_to_be_checked()
        self.visitor.press("Aceptar y enviar el código")
        self.visitor.sees("Escriba el código")

    def confirm(self, link: str, code: str) -> None:
        """Open the mail's link and type its code."""
        self.visitor.go(link)
        self.visitor.sees("Escriba el código")
        self.visitor.give_code(code, "Abrir mi cuenta")
        self.visitor.sees("Su cuenta ya está activa")


class Access:
    """The login form, and the change that a first login asks for."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def sign_in(self, user: str, password: str, path: str = "/ingresar") -> None:
        self.visitor.go(path)
        self.visitor.write(usuario=user, clave=password)
        with self.visitor.page.expect_navigation():
            self.visitor.press("Ingresar")

    def pass_second_step(self, code: str) -> None:
        """What is asked of the staff after the password."""
        self.visitor.sees("Escriba el código de su teléfono")
        with self.visitor.page.expect_navigation():
            self.visitor.give_code(code, "Ingresar")

    def begin_second_step(self) -> None:
        """What is asked of the staff at the first sign-in."""
        self.visitor.sees("Active su segundo paso")
        self.visitor.press("Empezar")
        self.visitor.sees("Escanee el código QR")

    def turn_second_step_on(self, code: str) -> list[str]:
        """The recovery codes that the page shows then."""
        self.visitor.give_code(code, "Activar")
        self.visitor.sees("Guarde sus códigos de recuperación")
        return self.visitor.main.locator("ol li").all_inner_texts()

    def keep_recovery_codes(self) -> None:
        self.visitor.page.get_by_label("Ya los guardé").check()
        with self.visitor.page.expect_navigation():
            self.visitor.press("Continuar")

    def choose_password(self, password: str) -> None:
        self.visitor.sees("Elija su contraseña")
        again = {} if self.visitor.has_script else {"repetida": password}
        self.visitor.write(nueva=password, **again)
        with self.visitor.page.expect_navigation():
            self.visitor.press("Guardar e ingresar")
