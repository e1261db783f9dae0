"""The identity document in forms. The country that issued it is asked only of a passport: DNI and CE are Peru's.

Its list comes when a passport is chosen: by htmx, else with the answer that says that the country is missing.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from wtforms import Field, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import ValidationError

from portal.domain import countries
from portal.domain.errors import DomainError
from portal.domain.identity import DOCUMENT_NAMES, DocumentType, parse_issuer, parse_number
from portal.web.forms import SelectField, chosen, required
from portal.web.named import NamedForm


@cache
def _offered() -> list[SelectChoice]:
    return [SelectChoice("", "Elija el país"), *(SelectChoice(code, name) for code, name in countries.names().items())]


def issuer(validators: Sequence[Callable[[Any, Any], object]] = ()) -> SelectField:
    """The field `pais_documento`. No country is chosen beforehand: a wrong one would make one person two."""
    return SelectField("País que lo emitió", validators=validators, choices=_offered, validate_choice=False)


def kind() -> SelectField:
    """The field `tipo_documento` as a list."""
    return SelectField("Tipo de documento", choices=_kinds(), validators=[chosen("Elija su tipo de documento.")])


def _kinds() -> list[SelectChoice]:
    return [SelectChoice(kind.value, name) for kind, name in DOCUMENT_NAMES.items()]


class DocumentForm(NamedForm):
    """Whose document it is."""

    tipo_documento = RadioField(
        "Tipo de documento",
        choices=_kinds(),
        validators=[chosen("Elija su tipo de documento.")],
    )
    pais_documento = issuer()
    numero_documento = StringField("Número de documento", [required("Escriba el número de su documento.")])

    def validate_pais_documento(self, field: Field) -> None:
        self._obeys(lambda kind: parse_issuer(kind, field.data or ""))

    def validate_numero_documento(self, field: Field) -> None:
        self._obeys(lambda kind: parse_number(kind, field.data or ""))

    def _obeys(self, rule: Callable[[DocumentType], object]) -> None:
        """A rule that needs the type of document; without one, its own field says so."""
        if self.tipo_documento.data not in set(DocumentType):
            return
        try:
            rule(DocumentType(self.tipo_documento.data))
        except DomainError as error:
            raise ValidationError(error.message) from error
