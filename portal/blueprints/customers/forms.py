"""The one search box, and the correction of an address."""

from wtforms import BooleanField, EmailField, HiddenField, StringField

from portal.domain.identity import parse_email
from portal.web.forms import DayField, Form, chosen, obeys, required


class SeekForm(Form):
    """What was typed is recognised: a document, a number of anything, or a name."""

    dato = StringField(
        "Documento, número, celular, correo o nombre", [required("Escriba un documento, un número o un nombre.")]
    )


class EmailForm(Form):
    """The person's address, and the two facts that say who they are, and another of the staff who confirms.

    `antes`: the address when this form was shown."""

    antes = HiddenField()
    documento = BooleanField(validators=[chosen("Marque que tiene el documento en la mano.")])
    nacimiento = DayField("Fecha de nacimiento", [required("Escriba la fecha de nacimiento.")])
    correo = EmailField("Correo correcto", [required("Escriba el correo que le dicta la persona."), obeys(parse_email)])
    otro_usuario = StringField("Usuario de quien confirma", [required("Escriba el usuario de quien confirma.")])
    otro_codigo = StringField(
        "Código del teléfono de quien confirma", [required("Falta el código: lo escribe quien confirma.")]
    )
