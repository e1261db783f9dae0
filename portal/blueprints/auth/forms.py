"""Forms of signing in."""

from wtforms import BooleanField, Field, PasswordField, StringField
from wtforms.validators import EqualTo, Optional

from portal.web.forms import Form, required


class LoginForm(Form):
    """User name or document number, and password."""

    usuario = StringField("Usuario", [required("Escriba su usuario o el número de su documento.")])
    clave = PasswordField("Contraseña", [required("Escriba su contraseña.")])


def new_password() -> tuple[Field, Field]:
    """The fields `nueva` and `repetida`, declared in the order in which the page asks: so are its errors listed. It is
    typed again only where the page can't show it."""
    again = EqualTo("nueva", "No es igual a la de arriba. Escríbalas otra vez.")
    return (
        PasswordField("Contraseña nueva", [required("Escriba una contraseña nueva.")]),
        PasswordField("Repita la contraseña nueva", [Optional(strip_whitespace=False), again]),
    )


class FirstPasswordForm(Form):
    """The password that replaces the initial one."""

    nueva, repetida = new_password()


class PasswordForm(Form):
    """The same, asking for the present one first."""

    actual = PasswordField("Contraseña actual", [required("Escriba su contraseña actual.")])
    nueva, repetida = new_password()


class AppCodeForm(Form):
    """The code that the application on the phone shows."""

    codigo = StringField("Código de su teléfono", [required("Escriba los 6 dígitos que muestra su teléfono.")])


class RecoveryCodeForm(Form):
    """One of the ten recovery codes."""

    codigo = StringField("Código de recuperación", [required("Escriba uno de sus códigos de recuperación.")])


class KeptForm(Form):
    """That the recovery codes are written down."""

    guardados = BooleanField("Ya los guardé", [required("Guarde los códigos y marque esta casilla.")])
