"""The one search box, and the corrections of an address and of who somebody is."""

from collections.abc import Callable

from wtforms import BooleanField, EmailField, Field, HiddenField, StringField
from wtforms.validators import ValidationError

from portal.domain import clock
from portal.domain.errors import DomainError
from portal.domain.identity import check_adult, check_birth_date, clean_name, parse_email, parse_identity
from portal.services.desk.person_correction import Said
from portal.web.forms import DayField, Form, chosen, obeys, required
from portal.web.identity_document import DocumentForm
from portal.web.named import NameField


class SeekForm(Form):
    """What was typed is recognised: a document, a number of anything, or a name."""

    dato = StringField(
        "Documento, número, celular, correo o nombre", [required("Escriba un documento, un número o un nombre.")]
    )


class EmailForm(Form):
    """The person's address, and the two facts that say who they are, and another of the staff who confirms.

    `antes`: the address when this form was shown."""

    typed = ("correo",)

    antes = HiddenField()
    documento = BooleanField(validators=[chosen("Marque que tiene el documento en la mano.")])
    nacimiento = DayField("Fecha de nacimiento", [required("Escriba la fecha de nacimiento.")])
    correo = EmailField("Correo correcto", [required("Escriba el correo que le dicta la persona."), obeys(parse_email)])
    otro_usuario = StringField("Usuario de quien confirma", [required("Escriba el usuario de quien confirma.")])
    otro_codigo = StringField(
        "Código del teléfono de quien confirma", [required("Falta el código: lo escribe quien confirma.")]
    )


def _name(field: str, *, needed: bool = True) -> Callable[[Form, Field], None]:
    return obeys(lambda typed: clean_name(typed, field=field, required=needed))


class PersonForm(DocumentForm):
    """Who the person is, as the document in hand says."""

    typed = ("nombres", "apellido_paterno", "apellido_materno", "fecha_nacimiento", "numero_documento")
    kept_with = ("tipo_documento", "pais_documento")

    documento = BooleanField(validators=[chosen("Marque que tiene el documento en la mano.")])
    nombres = NameField("Nombres", [required("Escriba los nombres."), _name("nombres")])
    apellido_paterno = NameField(
        "Apellido paterno", [required("Escriba el apellido paterno."), _name("apellido_paterno")]
    )
    apellido_materno = NameField("Apellido materno", [_name("apellido_materno", needed=False)])
    fecha_nacimiento = DayField("Fecha de nacimiento", [required("Escriba la fecha de nacimiento.")])

    def validate_fecha_nacimiento(self, field: DayField) -> None:
        """Somebody who may have an account."""
        if field.day is None:
            return  # the field has said that it is no date
        try:
            check_birth_date(field.day, clock.today())
            check_adult(field.day, clock.today())
        except DomainError as error:
            raise ValidationError(error.message) from error

    def said(self) -> Said:
        """What the document says, of a valid form."""
        return Said(
            identity=parse_identity(
                self.tipo_documento.data, self.numero_documento.data or "", self.pais_documento.data or ""
            ),
            names=clean_name(self.nombres.data or "", field="nombres"),
            paternal_surname=clean_name(self.apellido_paterno.data or "", field="apellido_paterno"),
            maternal_surname=clean_name(self.apellido_materno.data or "", field="apellido_materno", required=False),
            birth_date=self.fecha_nacimiento.given,
        )
