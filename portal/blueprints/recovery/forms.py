"""Forms of coming in again."""

from wtforms import StringField

from portal.blueprints.auth.forms import new_password
from portal.web.forms import Form, required


class RecoveryForm(Form):
    """The code of the mail, and the password that replaces the forgotten one."""

    codigo = StringField("Código de 6 dígitos", [required("Escriba el código que llegó a su correo.")])
    nueva, repetida = new_password()
