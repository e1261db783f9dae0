"""The forms of a review: asked for, and answered."""

from typing import ClassVar

from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice

from portal.web.forms import Form, chosen, required

_YES, _NO = "si", "no"


class WithdrawForm(Form):
    """A button alone."""


class AppealForm(Form):
    """Why somebody does not agree."""

    typed: ClassVar[tuple[str, ...]] = ("motivo",)

    motivo = TextAreaField(
        "¿Por qué no está de acuerdo?", [required("Escriba por qué no está de acuerdo. Con pocas palabras basta.")]
    )


class AppealOfNoticeForm(AppealForm):
    """The same of somebody without an account: nothing of it is kept in a browser that may be shared."""

    typed: ClassVar[tuple[str, ...]] = ()


class AnswerForm(Form):
    """What another person found."""

    typed, kept_with = ("respuesta",), ("resultado",)

    resultado = RadioField(
        "¿Qué encontró?",
        choices=[
            SelectChoice(_YES, "Tiene razón: se ve otra vez, con otro número"),
            SelectChoice(_NO, "La respuesta no cambia"),
        ],
        validators=[chosen("Elija qué encontró.")],
    )
    respuesta = TextAreaField("Respuesta", [required("Escriba la respuesta: es lo que leerá la persona.")])

    @property
    def is_upheld(self) -> bool:
        return bool(self.resultado.data == _YES)
