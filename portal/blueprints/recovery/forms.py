"""Forms of coming in again."""

from wtforms import Field, RadioField, StringField
from wtforms.fields import SelectChoice

from portal.blueprints.auth.forms import FirstPasswordForm
from portal.domain.identity import DOCUMENT_NAMES, DocumentType, parse_identity
from portal.web.forms import Form, chosen, obeys, required


class DocumentForm(Form):
    """Whose account it is."""

    tipo_documento = RadioField(
        "Tipo de documento",
        choices=[SelectChoice(kind.value, name) for kind, name in DOCUMENT_NAMES.items()],
        validators=[chosen("Elija su tipo de documento.")],
        default=DocumentType.DNI.value,
    )
    numero_documento = StringField("Número de documento", [required("Escriba el número de su documento.")])

    def validate_numero_documento(self, field: Field) -> None:
        if self.tipo_documento.data in set(DocumentType):
            kind = self.tipo_documento.data
            obeys(lambda typed: parse_identity(kind, typed))(self, field)


class RecoveryForm(FirstPasswordForm):
    """The code of the mail, and the password that replaces the forgotten one."""

    codigo = StringField("Código de 6 dígitos", [required("Escriba el código que llegó a su correo.")])
