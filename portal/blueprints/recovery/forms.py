"""Forms of coming in again."""

from wtforms import StringField

from portal.blueprints.auth.forms import FirstPasswordForm
from portal.web.forms import required


class RecoveryForm(FirstPasswordForm):
    """The code of the mail, and the password that replaces the forgotten one."""

    codigo = StringField("Código de 6 dígitos", [required("Escriba el código que llegó a su correo.")])
