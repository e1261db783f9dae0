"""What the staff writes about a claim: a note, what a document lacks, the answer."""

from decimal import Decimal

from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Length, Optional, ValidationError
from wtforms.widgets import HiddenInput

from portal.domain.catalogue import Computes
from portal.domain.claim_words import OBSERVATIONS
from portal.domain.typed_amount import parse
from portal.services.claims import grounds, parties, sums
from portal.services.claims.assessment import File
from portal.web.forms import Form, SelectField, at_most, chosen, obeys, required

_AT_MOST_300 = at_most(300, "Escriba como máximo 300 letras.")


class NoteForm(Form):
    """A note for colleagues."""

    nota = TextAreaField(
        "Nota nueva", [required("Escriba la nota."), at_most(1000, "Escriba como máximo 1,000 letras.")]
    )


class SeenForm(Form):
    """A press about a document. `visto` is the newest file that the page showed: compared, never used."""

    visto = IntegerField(validators=[Optional()], widget=HiddenInput())


class ObserveForm(SeenForm):
    """What a document lacks: a reason, whose sentence may be written otherwise."""

    motivo = RadioField(
        "Qué le falta",
        [chosen("Elija qué le falta al documento.")],
        choices=[SelectChoice(code, one.label) for code, one in OBSERVATIONS.items()],
    )
    texto = TextAreaField("Lo que leerá quien lo envió", [_AT_MOST_300])

    @property
    def words(self) -> str:
        """The sentence: as it was written, or the reason's own."""
        return (self.texto.data or "").strip() or OBSERVATIONS[self.motivo.data].words


APPROVE, REJECT = "aprobar", "rechazar"
_SPENT = "gasto_"
_MOST_DAYS = 999


def _counted(_form: Form, field: IntegerField) -> None:
    if field.data is not None and not 1 <= field.data <= _MOST_DAYS:
        raise ValidationError(f"Escriba un número entre 1 y {_MOST_DAYS}.")


class ProposalForm(Form):
    """What somebody would answer: approve, by the facts that the documents prove, or reject, on a condition of the
    policy. `visto` is what the page showed: compared, never used. What each person spent stands in fields of their
    own, `gasto_<key>`."""

    typed, kept_with = ("dias", "carta", "aviso"), ("que", "base")

    visto = StringField(validators=[Length(max=60)], widget=HiddenInput())
    que = RadioField(
        "Qué propone",
        [chosen("Elija qué propone.")],
        choices=[SelectChoice(APPROVE, "Aprobar"), SelectChoice(REJECT, "Rechazar")],
    )
    dias = IntegerField(
        "Días completos que prueban los documentos",
        [Optional(), _counted],
    )
    base = SelectField("En qué condición se basa", [Optional()], choices=[SelectChoice("", "Elija una")])
    carta = TextAreaField(
        "Los hechos de este caso, como los dirá la carta", [at_most(800, "Use 800 letras como máximo.")]
    )
    aviso = TextAreaField("Nota para quien confirma", [_AT_MOST_300])

    @property
    def spent(self) -> dict[int, Decimal]:
        """What each person spent, by their key, of a valid form."""
        fields = {name.removeprefix(_SPENT): field for name, field in self._fields.items() if name.startswith(_SPENT)}
        return {int(key): parse(field.data) for key, field in fields.items() if field.data}


def proposal_form(file: File) -> ProposalForm:
    """The form for this claim: the conditions of its policy, and a field for what each person spent."""
    spenders = (
        [one.id for one in parties.paid(file.claim)] if sums.computes(file.claim) is Computes.REIMBURSEMENT else []
    )

    class Form(ProposalForm):
        """With amounts that receipts prove."""

    for key in spenders:
        setattr(Form, f"{_SPENT}{key}", StringField("Cuánto suman sus comprobantes", [Optional(), obeys(parse)]))
    form = Form()
    form.base.choices = [
        SelectChoice("", "Elija una"),
        *(SelectChoice(one.code, one.label) for one in grounds.of(file.claim)),
    ]
    return form


class ConfirmForm(Form):
    """The second person's press. `propuesta` and `visto` are what the page showed: compared, never used."""

    propuesta = IntegerField(validators=[Optional()], widget=HiddenInput())
    visto = StringField(validators=[Length(max=60)], widget=HiddenInput())
    porque = TextAreaField("Por qué la devuelve", [_AT_MOST_300])


class ExcludeForm(Form):
    """Why somebody loses their share."""

    motivo = TextAreaField("En qué se basa", [required("Escriba en qué se basa: va en su carta."), _AT_MOST_300])
