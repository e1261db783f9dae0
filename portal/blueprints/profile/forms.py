"""Forms of "Mi Perfil"."""

from typing import Any

from wtforms import EmailField, HiddenField, PasswordField, StringField, TelField

from portal.domain import identity
from portal.services.accounts.contact_details import Contact
from portal.services.accounts.signup_answers import parse_address
from portal.web import ubigeo
from portal.web.forms import Form, obeys, required


class ContactForm(Form):
    """How the customer is reached."""

    typed, kept_with = ("celular", "direccion"), ("departamento", "provincia", "distrito")

    celular = TelField("Celular", [required("Escriba su celular."), obeys(identity.parse_mobile)])
    departamento, provincia, distrito = ubigeo.department(), ubigeo.province(), ubigeo.district()
    direccion = StringField("Dirección", [required("Escriba su dirección."), obeys(parse_address)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ubigeo.offer(self)

    def contact(self) -> Contact:
        """What was typed, of a valid form."""
        return Contact(self.celular.data or "", self.direccion.data or "", self.distrito.data)


class EmailForm(Form):
    """The new address, asked for with the present password."""

    typed = ("correo",)

    correo = EmailField("Correo nuevo", [required("Escriba su correo nuevo."), obeys(identity.parse_email)])
    actual = PasswordField("Contraseña actual", [required("Escriba su contraseña actual.")])


class CodeForm(Form):
    """The code of the mail."""

    codigo = StringField("Código de 6 dígitos", [required("Escriba el código que llegó a su correo nuevo.")])


class MarketingForm(Form):
    """The permission for commercial mail. `texto`: the SHA-256 of the words on the page."""

    texto = HiddenField()
