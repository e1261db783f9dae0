"""What a reviewer says of evidence."""

from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Optional

from portal.domain.evidence import LONGEST_REASON, REASONS, EvidenceKind
from portal.web.forms import Form, at_most


class ReviewForm(Form):
    """`vistas`: the files that the page showed: compared, never used. A reason's sentence may be written otherwise."""

    typed, kept_with = ("texto",), ("motivo",)

    vistas = HiddenField()
    motivo = RadioField("Qué le falta", [Optional()], validate_choice=False)
    texto = TextAreaField(
        "Lo que leerá el cliente", [at_most(LONGEST_REASON, f"Escriba como máximo {LONGEST_REASON} letras.")]
    )

    def ask_about(self, kind: EvidenceKind) -> None:
        """Offer the reasons of this kind, in the order of their keys."""
        self.motivo.choices = [SelectChoice(str(at), one.label) for at, one in enumerate(REASONS[kind], 1)]

    @property
    def shown(self) -> list[int]:
        """The files that the page showed."""
        return [int(one) for one in (self.vistas.data or "").split() if one.isdecimal()]

    def reason(self, kind: EvidenceKind) -> str:
        """What the customer reads: as it was written, or the reason's own sentence."""
        sentences = {str(at): one.sentence for at, one in enumerate(REASONS[kind], 1)}
        return (self.texto.data or "").strip() or sentences.get(self.motivo.data or "", "")
