"""Forms of signing in."""

from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo

from portal.web.forms import Form, required


class LoginForm(Form):
    """User name or document number, and password."""

    usuario = StringField("Usuario", [required("Escriba su usuario o el número de su documento.")])
    clave = PasswordField("Contraseña", [required("Escriba su contraseña.")])


class FirstPasswordForm(Form):
    """The password that replaces the initial one."""

    nueva = PasswordField("Contraseña nueva", [required("Escriba una contraseña nueva.")])
    repetida = PasswordField(
        "Repita la contraseña nueva",
        [required("Repita la contraseña nueva."), EqualTo("nueva", "No es igual a la de arriba. Escríbalas otra vez.")],
    )


class PasswordForm(FirstPasswordForm):
    """The same, asking for the present one first."""

    actual = PasswordField("Contraseña actual", [required("Escriba su contraseña actual.")])
