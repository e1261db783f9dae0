"""The forms of a quote: who is insured and from when, and the acceptance before buying."""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from portal.domain import calendar, clock
from portal.domain.errors import DomainError
from portal.domain.identity import (
    DOCUMENT_NAMES,
    DocumentType,
    check_birth_date,
    clean_name,
    parse_identity,
    parse_issuer,
    parse_number,
)
from portal.domain.texts import Text
from portal.services.catalogue.offers import texts
from portal.services.sale.quoting import OtherInsured
from portal.web.acceptance import AcceptanceForm
from portal.web.forms import CHOOSE, DayField, SelectField, chosen
from portal.web.identity_document import issuer
from portal.web.named import NamedForm, NameField

MYSELF, OTHER = "yo", "otra"
SOON, ON_A_DAY = "pronto", "fecha"
_TOKEN = re.compile(r"[\w-]{16,43}", re.ASCII)


class OnlyIf:
    """A rule of the domain, for a field that counts only when `applies`; otherwise it is not read at all.

    `missing` are the words for an empty field; without them it may be left empty.
    """

    def __init__(
        self, applies: Callable[[Any], bool], rule: Callable[[Any, Any], object], missing: str | None = None
    ) -> None:
        self.applies, self.rule, self.missing = applies, rule, missing

    def __call__(self, form: Any, field: Any) -> None:
        if not self.applies(form) or field.errors:
            raise StopValidation
        if self.missing and not (field.data or "").strip():
            raise StopValidation(self.missing)
        try:
            self.rule(form, field)
        except DomainError as error:
            raise ValidationError(error.message) from error


def _other(form: Any) -> bool:
    return bool(form.asegurado.data == OTHER)


def _on_a_day(form: Any) -> bool:
    return bool(form.cuando.data == ON_A_DAY)


def _check_type(typed: str) -> None:
    if typed not in set(DocumentType):
        raise DomainError(CHOOSE)


def _name(missing: str | None = None) -> OnlyIf:
    def check(_form: Any, field: Any) -> None:
        clean_name(field.data or "", field=field.name, required=missing is not None)

    return OnlyIf(_other, check, missing)


class QuoteForm(AcceptanceForm, NamedForm):
    """S11. The other person's fields count only for another person, the day only for a chosen day."""

    typed = (
        "numero_documento",
        "nombres",
        "apellido_paterno",
        "apellido_materno",
        "fecha_nacimiento",
        "inicio",
    )
    kept_with = ("asegurado", "tipo_documento", "pais_documento", "cuando")

    solicitud = HiddenField()
    asegurado = RadioField(
        "¿A quién aseguramos?",
        choices=[SelectChoice(MYSELF, "A mí"), SelectChoice(OTHER, "A otra persona")],
        default=MYSELF,
        validators=[chosen("Elija a quién aseguramos.")],
    )
    tipo_documento = SelectField(
        "Tipo de documento",
        choices=[SelectChoice(kind.value, name) for kind, name in DOCUMENT_NAMES.items()],
        validators=[OnlyIf(_other, lambda _form, field: _check_type(field.data))],
        validate_choice=False,  # only another person's counts
    )
    pais_documento = issuer(
        [OnlyIf(_other, lambda form, field: parse_issuer(form.document_type, field.data or ""))],
    )
    numero_documento = StringField(
        "Número de documento",
        [
            OnlyIf(
                _other,
                lambda form, field: parse_number(form.document_type, field.data or ""),
                "Escriba el número de documento.",
            )
        ],
    )
    nombres = NameField("Nombres", [_name("Escriba los nombres.")])
    apellido_paterno = NameField("Apellido paterno", [_name("Escriba el apellido paterno.")])
    apellido_materno = NameField("Apellido materno", [_name()])
    fecha_nacimiento = DayField(
        "Fecha de nacimiento",
        [
            OnlyIf(
                _other,
                lambda _form, field: check_birth_date(field.day, clock.today()),
                "Escriba la fecha de nacimiento.",
            )
        ],
    )
    acepta_asegurado = BooleanField()
    cuando = RadioField(
        "¿Desde cuándo?",
        choices=[SelectChoice(SOON, "Lo antes posible"), SelectChoice(ON_A_DAY, "Desde otro día")],
        default=SOON,
        validators=[chosen("Elija desde cuándo.")],
    )
    inicio = DayField(
        "Día de inicio",
        [
            OnlyIf(
                _on_a_day,
                lambda _form, field: calendar.check_chosen_start(field.day, clock.today()),
                "Escriba el día de inicio.",
            )
        ],
    )

    @classmethod
    def told_apart(cls, _sent: Any) -> dict[str, str]:
        """The older quote that it begins from."""
        return {"de": _sent["de"]} if _sent.get("de") else {}

    def texts(self) -> Sequence[Text]:
        return [texts()["declaracion-asegurado"]]

    def reads_names(self) -> bool:
        """Only another person's."""
        return _other(self)

    def accepts(self) -> bool:
        """The declaration is shown to everybody, and said only about another person."""
        return _other(self)

    def validate(self, extra_validators: Any = None) -> bool:
        """What was typed for an option that was not taken is dropped: it can't be wrong. A form without a good token
        of its own gets one, and asks to be sent again."""
        if not _other(self):
            self.fecha_nacimiento.data = ""
        if not _on_a_day(self):
            self.inicio.data = ""
        valid = super().validate(extra_validators)
        if not _TOKEN.fullmatch(self.solicitud.data or ""):
            self.solicitud.data = new_token()
            self.form_errors = [*self.form_errors, "Revise sus respuestas y pulse Aceptar otra vez."]
            return False
        return valid

    def validate_acepta_asegurado(self, field: BooleanField) -> None:
        """The declaration is part of insuring somebody else."""
        if _other(self) and not field.data:
            raise ValidationError("Marque que la persona asegurada está de acuerdo.")

    @property
    def document_type(self) -> DocumentType:
        """The type of document chosen; while it is none of the list, the number is judged as a DNI."""
        typed = self.tipo_documento.data
        return DocumentType(typed) if typed in set(DocumentType) else DocumentType.DNI

    @property
    def other_insured(self) -> OtherInsured | None:
        """The other person, once the form is valid; None when the holder is the insured."""
        birth_date = self.fecha_nacimiento.day
        if not _other(self) or birth_date is None:
            return None
        return OtherInsured(
            identity=parse_identity(
                self.document_type, self.numero_documento.data or "", self.pais_documento.data or ""
            ),
            names=clean_name(self.nombres.data or "", field="nombres"),
            paternal_surname=clean_name(self.apellido_paterno.data or "", field="apellido_paterno"),
            maternal_surname=clean_name(self.apellido_materno.data or "", field="apellido_materno", required=False),
            birth_date=birth_date,
            agrees=self.acepta_asegurado.data,
        )

    @property
    def chosen_start(self) -> date | None:
        """The day chosen, once the form is valid; None for as soon as possible."""
        return self.inicio.day if _on_a_day(self) else None

    def request_token(self, slug: str, plan: str) -> str:
        """What makes two submissions the same: the form's own token and its answers.

        Going back and changing an answer is therefore a new quote, and a second press the same one.
        """
        answers = [self.solicitud.data, slug, plan, repr(self.other_insured), str(self.chosen_start)]
        digest = hashlib.sha256(json.dumps(answers).encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def new_token() -> str:
    """A token for a form that is shown for the first time."""
    return secrets.token_urlsafe(24)


class BuyForm(AcceptanceForm):
    """S13: the terms before "Comprar". The rule that they are accepted is the service's."""

    acepta = BooleanField()

    def texts(self) -> Sequence[Text]:
        return [texts()["cotizacion"]]
