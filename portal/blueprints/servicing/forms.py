"""Forms of changes to a policy, and of the money that they give back."""

from typing import Any

from wtforms import HiddenField, StringField
from wtforms.fields import SelectChoice

from portal.services.catalogue import agencies
from portal.web.forms import Form, SelectField, required


class CollectForm(Form):
    """Where money is collected."""

    agencia = SelectField("Dónde lo recoge", validators=[required("Elija la agencia donde recogerá su dinero.")])

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        names = [SelectChoice(one.code, f"{one.name}, {one.place}") for one in agencies.offered()]
        self.agencia.choices = [SelectChoice("", "Elija"), *names]


class EndForm(CollectForm):
    """`cuenta`: what the page showed, so that nobody asks for a code for figures that they did not see."""

    cuenta = HiddenField()

    def offer(self, *, in_cash: bool, default: str | None) -> None:
        """Offer the agencies where it was paid in cash; else there is nothing to choose."""
        if not in_cash:
            del self.agencia
        elif not self.is_submitted():
            self.agencia.data = default or ""


class CodeForm(Form):
    codigo = StringField("Código de 6 dígitos")
