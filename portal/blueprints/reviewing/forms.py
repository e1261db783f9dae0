"""What the bank told people about a payment."""

from wtforms import IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Regexp
from wtforms.widgets import HiddenInput

from portal.web.forms import Form, at_most, chosen, required

CHARGED, NOT_CHARGED = "cobro", "no-cobro"
_PAID, _NOT_PAID = "pago", "no-pago"
_MADE, _NOT_MADE = "devolvio", "no-devolvio"
_NOT_TOO_LONG = at_most(300, "Escriba como máximo 300 letras.")


class Explained(Form):
    """What somebody found out, for another who confirms it."""

    typed, kept_with = ("referencia", "explicacion"), ("resultado",)


class OutcomeForm(Explained):
    """The result according to the bank, proposed by one of the staff."""

    resultado = RadioField(
        "Resultado según el banco",
        [chosen("Elija lo que dijo el banco.")],
        choices=[SelectChoice(CHARGED, "El banco sí cobró"), SelectChoice(NOT_CHARGED, "El banco no cobró")],
    )
    referencia = StringField(
        "Referencia del banco",
        [
            required("Escriba la referencia que le dio el banco."),
            at_most(100, "Escriba como máximo 100 letras y números."),
            Regexp(r"[\x21-\x7e]+$", message="Escríbala como la dio el banco: sin espacios ni tildes."),
        ],
        filters=[lambda value: (value or "").strip()],
    )
    explicacion = TextAreaField(
        "Con quién habló y qué le dijo",
        [required("Escriba con quién habló y qué le dijo: lo leerá quien confirma."), _NOT_TOO_LONG],
    )


class ReturnForm(OutcomeForm):
    """What the bank gave back of a charge that it told of too late: nothing to choose."""

    resultado = None


class PayoutForm(OutcomeForm):
    """What the bank made of a payment to a person."""

    resultado = RadioField(
        "Resultado según el banco",
        [chosen("Elija lo que dijo el banco.")],
        choices=[SelectChoice(_PAID, "El banco sí pagó"), SelectChoice(_NOT_PAID, "El banco no pagó")],
    )

    @property
    def was_paid(self) -> bool:
        """Whether it did."""
        return bool(self.resultado.data == _PAID)


class RefundForm(OutcomeForm):
    """What the bank made of a refund."""

    resultado = RadioField(
        "Resultado según el banco",
        [chosen("Elija lo que dijo el banco.")],
        choices=[SelectChoice(_MADE, "El banco sí la hizo"), SelectChoice(_NOT_MADE, "El banco no la hizo")],
    )

    @property
    def was_made(self) -> bool:
        """Whether it did."""
        return bool(self.resultado.data == _MADE)


class TwiceForm(OutcomeForm):
    """How what was paid twice came back, or who gave it up."""

    resultado = None


class IssueForm(Explained):
    """Another try to issue the policy of a payment that the bank did charge."""

    explicacion = TextAreaField(
        "Qué se corrigió", [required("Escriba qué se corrigió: lo leerá quien confirma."), _NOT_TOO_LONG]
    )


class DecisionForm(Form):
    """`propuesta` is the proposal that the page showed: compared, never used."""

    propuesta = IntegerField(widget=HiddenInput())
