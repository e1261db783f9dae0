"""Forms of changes to a policy, and of the money that they give back."""

from typing import Any

from wtforms import HiddenField, RadioField, StringField
from wtforms.fields import SelectChoice

from portal.services.catalogue import agencies
from portal.web.forms import Form, SelectField, chosen, required
from portal.web.payout_way import ACCOUNT, CASH, PayoutWayForm


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


class RefundWayForm(PayoutWayForm):
    """How money comes back that the bank refused."""

    forma = RadioField(
        "¿Cómo quiere recibirlo?",
        choices=[
            SelectChoice(ACCOUNT, "En otra cuenta a su nombre"),
            SelectChoice(CASH, "En efectivo, en una agencia"),
        ],
        default=ACCOUNT,
        validators=[chosen("Elija cómo quiere recibirlo.")],
    )
    agencia = SelectField("Agencia", validators=[required("Elija la agencia donde recogerá su dinero.")])

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.offer(agencies.offered())


class CodeForm(Form):
    codigo = StringField("Código de 6 dígitos")
