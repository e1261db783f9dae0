"""The forms of the counter."""

from functools import partial
from typing import ClassVar

from wtforms import BooleanField, EmailField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import AnyOf

from portal.domain.identity import DOCUMENT_NAMES, DocumentType, clean_name, parse_email, parse_identity
from portal.domain.receipt import REVERSAL_NAMES
from portal.services.payments.heirs import Heir
from portal.web.forms import CHOOSE, Form, SelectField, chosen, obeys, required

CODE = "codigo"


class SearchForm(Form):
    """A slip's code, or the customer's document."""

    tipo = SelectField(
        "Buscar por",
        choices=[
            SelectChoice(CODE, "Código de pago"),
            *(SelectChoice(kind.value, name) for kind, name in DOCUMENT_NAMES.items()),
        ],
    )
    dato = StringField("Número", [required("Escriba el código o el número del documento.")])


class AmountForm(Form):
    """The money that was received."""

    monto = StringField("Monto recibido", [required("Escriba el monto que recibió.")])


class ReturnForm(AmountForm):
    """Money for a slip that could not be paid. Whoever still stands there is given it back, and nothing is recorded."""

    se_fue = BooleanField(
        "La persona ya se fue y su dinero quedó en la agencia",
        [AnyOf([True], "Marque que la persona ya se fue. Si está ahí, devuélvale su dinero ahora.")],
    )


class ReversalForm(Form):
    """Why a receipt was a mistake."""

    typed, kept_with = ("detalle",), ("motivo",)

    motivo = RadioField(
        "¿Qué pasó?",
        choices=[SelectChoice(reason.value, name) for reason, name in REVERSAL_NAMES.items()],
        validators=[chosen("Elija qué pasó.")],
    )
    detalle = StringField("Cuéntelo en pocas palabras", [required("Cuente en pocas palabras qué pasó.")])


class HeirForm(Form):
    """Who collects in place of an owner who died."""

    typed: ClassVar[tuple[str, ...]] = ("nombre", "numero_documento", "correo", "prueba")
    kept_with: ClassVar[tuple[str, ...]] = ("tipo_documento",)

    nombre = StringField(
        "Nombres y apellidos, como en su documento",
        [required("Escriba sus nombres y apellidos."), obeys(partial(clean_name, field="nombre", longest=120))],
    )
    tipo_documento = SelectField(
        "Tipo de documento",
        choices=[SelectChoice(kind.value, DOCUMENT_NAMES[kind]) for kind in (DocumentType.DNI, DocumentType.CE)],
    )
    numero_documento = StringField("Número", [required("Escriba el número de su documento.")])
    correo = EmailField("Su correo: ahí va el código", [required("Escriba su correo."), obeys(parse_email)])
    prueba = StringField(
        "Qué prueba que hereda", [required("Escriba el papel y su número: por ejemplo, la partida registral.")]
    )

    @property
    def heir(self) -> Heir:
        """Raises DomainError on `numero_documento`."""
        return Heir(
            clean_name(self.nombre.data or "", field="nombre", longest=120),
            parse_identity(self.tipo_documento.data or "", self.numero_documento.data or ""),
            parse_email(self.correo.data or ""),
            self.prueba.data or "",
        )


class HandOverForm(Form):
    """The money goes to the person whose document was seen, and who said the code."""

    codigo = StringField("Código que le dice la persona", [required("Escriba los 6 dígitos que le dice la persona.")])

    reviso = BooleanField(
        "Revisé su documento y es la persona a quien le toca este dinero",
        [AnyOf([True], "Marque que revisó su documento.")],
    )

    def speak_above(self) -> None:
        """What is wrong with the code, above the form: there is none to type now, and the page has no fields."""
        self.form_errors = [*self.form_errors, *self.codigo.errors]
        self.codigo.errors, self.reviso.errors = (), ()


class ConfirmForm(Form):
    """What the second person saw."""

    entregado = RadioField(
        "¿Se entregó el dinero?",
        choices=[SelectChoice("si", "Sí, se entregó"), SelectChoice("no", "No se entregó: sigue por entregar")],
        validators=[chosen(CHOOSE)],
    )

    @property
    def was_handed_over(self) -> bool:
        return bool(self.entregado.data == "si")
