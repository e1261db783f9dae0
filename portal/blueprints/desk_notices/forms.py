"""Forms of the desk: matching a notice, who its sender is, and a notice told by phone or at the counter."""

from collections.abc import Sequence

from wtforms import EmailField, Field, HiddenField, RadioField, SelectMultipleField, StringField, TelField
from wtforms.fields import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from portal.blueprints.notices.forms import EventForm
from portal.domain import identity
from portal.domain.errors import DomainError
from portal.domain.identity import DocumentType, parse_identity
from portal.domain.notice import Event, Sender
from portal.models import Notice
from portal.services.claims.candidates import Candidate
from portal.services.claims.matching import Pick
from portal.services.claims.notice_parties import Choice
from portal.web.forms import DayField, Form, chosen, obeys, required

_NONE = "-"  # in the place of a coverage's code: a case in none of them


class _Boxes(SelectMultipleField):  # type: ignore[misc]  # the library has no types for it
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MatchForm(Form):
    """Which policies the notice is about, on which day it was, and which other notices tell of the same."""

    poliza = _Boxes("¿De cuál es este aviso?", validate_choice=False)
    unir = _Boxes("Otros avisos de la misma persona", validate_choice=False)
    dia = DayField("¿Qué día fue?")

    def picks(self) -> list[Pick]:
        """What was ticked."""
        parts = [value.partition(" ") for value in self.poliza.data or ()]
        return [Pick(number, None if code == _NONE else code) for number, _, code in parts]


def pick_value(candidate: Candidate, coverage_code: str | None) -> str:
    """What a box of the form sends."""
    return f"{candidate.policy.number} {coverage_code or _NONE}"


class SearchForm(Form):
    """Another policy, by its number or the document of whom it insures."""

    dato = StringField("Documento o número de póliza", [required("Escriba un documento o un número de póliza.")])


class PersonForm(Form):
    """Who the sender of a notice is in one claim."""

    persona = RadioField("¿Quién es en este siniestro?", validators=[chosen("Elija quién es.")])

    def offer(self, choices: Sequence[Choice]) -> None:
        """What may be chosen."""
        self.persona.choices = [SelectChoice(one.value, one.label) for one in choices]


class EntryForm(EventForm):
    """A notice told by phone or at the counter: what happened, and who says so. `formulario` is the page's own mark."""

    of_browser = False
    typed = (
        *EventForm.typed,
        *("nombre_asegurado", "nombres", "apellidos", "parentesco", "su_numero", "correo", "celular"),
    )
    kept_with = (*EventForm.kept_with, "su_tipo", "su_pais")

    nombre_asegurado = StringField("Su nombre y apellidos")
    nombres = StringField("Nombres", [required("Escriba los nombres de quien avisa.")])
    apellidos = StringField("Apellidos", [required("Escriba los apellidos de quien avisa.")])
    parentesco = StringField("¿Qué es de esa persona?", [required("Escriba qué es de esa persona.")])
    su_tipo = RadioField(
        "Documento de quien avisa",
        choices=[SelectChoice(kind.value, name) for kind, name in identity.DOCUMENT_NAMES.items()],
        default=DocumentType.DNI.value,
    )
    su_numero = StringField("Su número", [required("Escriba el número de su documento.")])
    su_pais = StringField("País que emitió el pasaporte")
    correo = EmailField("Correo electrónico")
    celular = TelField("Celular")
    formulario = HiddenField()

    def validate_correo(self, field: Field) -> None:
        if field.data:
            obeys(identity.parse_email)(self, field)

    def validate_celular(self, field: Field) -> None:
        if field.data:
            obeys(identity.parse_mobile)(self, field)

    def event(self) -> Event:
        """What was told, with the name of whom it is about."""
        told = super().event()
        return Event(
            told.kind, told.insured, told.policy_number, told.event_date, told.story, self.nombre_asegurado.data or ""
        )

    def sender(self) -> Sender:
        """Who tells it. Raises DomainError at its field."""
        try:
            who = parse_identity(self.su_tipo.data, self.su_numero.data or "", self.su_pais.data or "")
        except DomainError as error:
            raise DomainError(error.message, "su_pais" if error.field == "pais_documento" else "su_numero") from error
        return Sender(
            identity=who,
            names=self.nombres.data or "",
            surnames=self.apellidos.data or "",
            relation=self.parentesco.data or "",
            email=self.correo.data or "",
            phone=self.celular.data or "",
        )


def tick(form: MatchForm, notice: Notice, candidates: Sequence[Candidate]) -> None:
    """Tick beforehand what is without a doubt: the one case that fits, of the one policy of whom it is about."""
    sure = [(one, case) for one in candidates if one.policy.insured.identity == notice.insured for case in one.cases]
    is_sure = len(sure) == 1 and sure[0][1].coverage_code is not None
    form.poliza.data = [pick_value(one, case.coverage_code) for one, case in sure] if is_sure else []


class ToldForm(Form):
    """How somebody was told, or what was tried."""

    como = StringField("Cómo le avisó, o qué intentó", [required("Escriba cómo le avisó, o qué intentó.")])
