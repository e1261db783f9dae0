"""Forms of giving notice: what happened, who says so, and the code."""

from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from wtforms import EmailField, Field, RadioField, StringField, TelField, TextAreaField
from wtforms.fields import SelectChoice

from portal.domain import clock, formats, identity
from portal.domain.claim import EVENT_NAMES, EventKind
from portal.domain.identity import DocumentType, Identity, parse_identity
from portal.domain.notice import Event, Sender, parse_policy_number
from portal.models import Notice
from portal.web.drafts import Kept
from portal.web.forms import DayField, Form, chosen, obeys, required
from portal.web.identity_document import DocumentForm, issuer, kind
from portal.web.named import NameField

_SHOWN_AGAIN = timedelta(hours=1)  # what was typed and not sent


class EventForm(DocumentForm):
    """What happened, and to whom: by their document or the policy's number. What was typed stays with the browser."""

    of_browser = True
    typed: ClassVar[tuple[str, ...]] = ("numero_documento", "poliza", "dia", "relato")
    kept_with: ClassVar[tuple[str, ...]] = ("que", "tipo_documento", "pais_documento")

    que = RadioField(
        "¿Qué pasó?",
        choices=[
            SelectChoice(EventKind.DEATH.value, "Una persona falleció"),
            SelectChoice(EventKind.ACCIDENT.value, EVENT_NAMES[EventKind.ACCIDENT]),
        ],
        validators=[chosen("Elija qué pasó.")],
    )
    tipo_documento = kind()
    pais_documento = issuer()
    numero_documento = StringField("Número")
    poliza = StringField("O el número de su póliza", [obeys(parse_policy_number)])
    dia = DayField("¿Qué día fue?")
    relato = TextAreaField("¿Cómo fue?")

    @classmethod
    def is_asked_for(cls, kept: Kept) -> bool:
        """Whether it was typed just now: a phone may be shared, and it says who died."""
        return clock.now() < kept.saved_at + _SHOWN_AGAIN

    def validate_pais_documento(self, field: Field) -> None:
        if self.numero_documento.data:
            super().validate_pais_documento(field)

    def validate_numero_documento(self, field: Field) -> None:
        if field.data:
            super().validate_numero_documento(field)

    def event(self) -> Event:
        """What was told, of a valid form."""
        return Event(
            kind=EventKind(self.que.data),
            insured=self._insured(),
            policy_number=self.poliza.data or "",
            event_date=self.dia.day,
            story=self.relato.data or "",
        )

    def _insured(self) -> Identity | None:
        if not self.numero_documento.data:
            return None
        return parse_identity(self.tipo_documento.data, self.numero_documento.data, self.pais_documento.data or "")


def event_as_typed(notice: Notice) -> dict[str, str]:
    """What the notice says, as the form's fields show it."""
    return {
        "que": notice.kind.value,
        "tipo_documento": (notice.insured_document_type or DocumentType.DNI).value,
        "pais_documento": notice.insured_country or "",
        "numero_documento": notice.insured_document_number or "",
        "poliza": notice.policy_number,
        "dia": formats.day(notice.event_date) if notice.event_date else "",
        "relato": notice.story,
    }


def _name(field: str, longest: int = 60) -> Callable[[Form, Field], None]:
    return obeys(lambda typed: identity.clean_name(typed, field=field, longest=longest))


class SenderForm(DocumentForm):
    """Who gives the notice, and where they are written to."""

    tipo_documento = kind()
    nombres = NameField("Nombres", [required("Escriba sus nombres."), _name("nombres")])
    apellidos = NameField("Apellidos", [required("Escriba sus apellidos."), _name("apellidos", 121)])
    parentesco = StringField("¿Qué es usted de esa persona?", [required("Escriba qué es usted de esa persona.")])
    correo = EmailField("Correo electrónico", [required("Escriba su correo."), obeys(identity.parse_email)])
    celular = TelField("Celular")

    def validate_celular(self, field: Field) -> None:
        if field.data:
            obeys(identity.parse_mobile)(self, field)

    def sender(self) -> Sender:
        """Who says so, of a valid form."""
        who = parse_identity(self.tipo_documento.data, self.numero_documento.data or "", self.pais_documento.data or "")
        return Sender(
            identity=who,
            names=self.nombres.data or "",
            surnames=self.apellidos.data or "",
            relation=self.parentesco.data or "",
            email=self.correo.data or "",
            phone=self.celular.data or "",
        )


def sender_as_typed(notice: Notice) -> dict[str, str]:
    """Who gives the notice, as the form's fields show it."""
    return {
        "tipo_documento": (notice.document_type or DocumentType.DNI).value,
        "pais_documento": notice.country or "",
        "numero_documento": notice.document_number or "",
        "nombres": notice.names,
        "apellidos": notice.surnames,
        "parentesco": notice.relation,
        "correo": notice.email,
        "celular": notice.phone,
    }


class CodeForm(Form):
    """The code of the mail."""

    codigo = StringField("Código de 6 dígitos", [required("Escriba el código que llegó a su correo.")])


class FollowForm(DocumentForm):
    """Which notice, and whose: its number and the document of whoever gave it."""

    tipo_documento = kind()
    numero = StringField("Número de aviso", [required("Escriba el número de su aviso.")])
