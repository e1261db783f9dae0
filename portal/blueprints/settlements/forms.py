"""How a difference with the bank ended, for another who confirms it."""

from wtforms import IntegerField, StringField, TextAreaField
from wtforms.validators import Regexp
from wtforms.widgets import HiddenInput

from portal.web.forms import Form, at_most, required


class ResolveForm(Form):
    """What one of the staff found out."""

    typed = ("referencia", "explicacion")

    referencia = StringField(
        "Número que lo explica",
        [
            required("Escriba el número que le dio el banco, o el del papel que lo explica."),
            at_most(100, "Escriba como máximo 100 letras y números."),
            Regexp(r"[\x21-\x7e]+$", message="Escríbalo como está en el papel: sin espacios ni tildes."),
        ],
        filters=[lambda value: (value or "").strip()],
    )
    explicacion = TextAreaField(
        "Qué pasó y con quién habló",
        [
            required("Escriba qué pasó y con quién habló: lo leerá quien confirma."),
            at_most(300, "Escriba como máximo 300 letras."),
        ],
    )


class DecisionForm(Form):
    """`propuesta` is the proposal that the page showed: compared, never used."""

    propuesta = IntegerField(widget=HiddenInput())
