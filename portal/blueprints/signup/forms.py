"""Forms of opening an account."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import request, session
from wtforms import BooleanField, EmailField, Field, StringField, TelField
from wtforms.validators import ValidationError

from portal.domain import clock, identity
from portal.domain import ubigeo as places
from portal.domain.errors import DomainError
from portal.domain.texts import Text
from portal.services.accounts.consents import MARKETING
from portal.services.accounts.signup import TERMS
from portal.services.accounts.signup_answers import Answers, parse_address
from portal.services.catalogue.offers import texts
from portal.web import ubigeo
from portal.web.acceptance import AcceptanceForm
from portal.web.drafts import Kept
from portal.web.forms import DayField, Form, obeys, required
from portal.web.identity_document import DocumentForm, kind
from portal.web.named import NameField

ASKED_FOR = "borrador"  # the cookie's name for the draft that its owner asked for


def _name(field: str, needed: bool = True) -> Callable[[Form, Field], None]:
    return obeys(lambda typed: identity.clean_name(typed, field=field, required=needed))


PERSON = (
    "tipo_documento",
    "pais_documento",
    "numero_documento",
    "nombres",
    "apellido_paterno",
    "apellido_materno",
    "fecha_nacimiento",
)
CONTACT = ("celular", "correo", "departamento", "provincia", "distrito", "direccion")
SCREENS = {"persona": PERSON, "contacto": CONTACT}  # each carries what was typed in the other


class SignupForm(DocumentForm):
    """ "Ingresar Datos" (S02), in two screens; `paso` says which of them was sent, and without it all was.

    What was typed stays with the browser, and is shown again only to who asks for it with the document's number, not to
    who goes back: a phone may be shared.
    """

    of_browser = True
    typed = (
        "numero_documento",
        "nombres",
        "apellido_paterno",
        "apellido_materno",
        "fecha_nacimiento",
        "celular",
        "correo",
        "direccion",
    )
    kept_with = ("tipo_documento", "pais_documento", "departamento", "provincia", "distrito")

    tipo_documento = kind()
    nombres = NameField("Nombres", [required("Escriba sus nombres."), _name("nombres")])
    apellido_paterno = NameField(
        "Apellido paterno", [required("Escriba su apellido paterno."), _name("apellido_paterno")]
    )
    apellido_materno = NameField("Apellido materno", [_name("apellido_materno", needed=False)])
    fecha_nacimiento = DayField("Fecha de nacimiento", [required("Escriba su fecha de nacimiento.")])
    celular = TelField("Celular", [required("Escriba su celular."), obeys(identity.parse_mobile)])
    correo = EmailField("Correo electrónico", [required("Escriba su correo."), obeys(identity.parse_email)])
    departamento, provincia, distrito = ubigeo.department(), ubigeo.province(), ubigeo.district()
    lugar = StringField("Distrito")  # sought by its name, in place of the three lists
    direccion = StringField("Dirección", [required("Escriba su dirección."), obeys(parse_address)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.lugar.data and not self.distrito.data:
            self.take_place(places.only(self.lugar.data))
        ubigeo.offer(self)

    @property
    def screen(self) -> str:
        """The screen to show: the first with a mistake, else the one that was sent."""
        if self.typed_names or any(self[name].errors for name in PERSON):
            return "persona"
        if any(self[name].errors for name in (*CONTACT, "lugar")):
            return "contacto"
        return "contacto" if request.form.get("paso") == "contacto" else "persona"

    @property
    def place(self) -> str:
        """The district with what lies above it, once it is chosen."""
        return places.full_name(self.distrito.data)

    def take_place(self, district: str) -> None:
        """Choose a district, and with it what lies above."""
        for name, value in ubigeo.chosen_by(district).items():
            self[name].data = value

    def reads_names(self) -> bool:
        """How the names are written was asked on their own screen."""
        return request.form.get("paso") != "contacto"

    def validate(self, extra_validators: Any = None) -> bool:
        """All of it; of the first screen only what stands there."""
        unseen = CONTACT if request.form.get("paso") == "persona" else ()
        aside = {name: self._fields.pop(name) for name in unseen}
        try:
            valid: bool = super().validate(extra_validators)
        finally:
            self._fields |= aside
        if "lugar" in request.form and not unseen and not self.distrito.data:
            for name in ("departamento", "provincia", "distrito"):
                self[name].errors = ()
            self.lugar.errors = ("Escriba su distrito y elíjalo de la lista.",)
        return valid

    @classmethod
    def is_asked_for(cls, _kept: Kept) -> bool:
        """Whether its document's number was just typed."""
        return session.get(ASKED_FOR) == _kept.saved_at.isoformat()

    def validate_fecha_nacimiento(self, field: DayField) -> None:
        if field.day is None:
            return  # the field has said that it is no date
        try:
            identity.check_birth_date(field.day, clock.today())
            identity.check_adult(field.day, clock.today())
        except DomainError as error:
            raise ValidationError(error.message) from error

    def answers(self) -> Answers:
        """What was typed, of a valid form."""
        assert self.fecha_nacimiento.day is not None  # noqa: S101  a valid form has its date
        return Answers(
            tipo_documento=self.tipo_documento.data,
            numero_documento=self.numero_documento.data or "",
            nombres=self.nombres.data or "",
            apellido_paterno=self.apellido_paterno.data or "",
            apellido_materno=self.apellido_materno.data or "",
            fecha_nacimiento=self.fecha_nacimiento.day,
            celular=self.celular.data or "",
            correo=self.correo.data or "",
            direccion=self.direccion.data or "",
            distrito=self.distrito.data,
            pais_documento=self.pais_documento.data or "",
        )


class KeptForm(Form):
    """Whose the draft in this browser is."""

    documento = StringField("Número de su documento", [required("Escriba el número de su documento.")])


class TermsForm(AcceptanceForm):
    """The terms, and apart from them the optional permission (S03)."""

    acepta = BooleanField("")
    comunicaciones = BooleanField("")

    def texts(self) -> Sequence[Text]:
        return [texts()[TERMS], texts()[MARKETING]]


class ResendForm(Form):
    """Asks for another code; what is wrong with that is said where the code goes."""

    codigo = StringField("Código de 6 dígitos")


class CodeForm(Form):
    """The code of the mail (S05)."""

    codigo = StringField("Código de 6 dígitos", [required("Escriba el código que llegó a su correo.")])
