"""Forms of changes to a policy, and of the money that they give back."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, StringField
from wtforms.fields import SelectChoice

from portal.domain.purchase import METHOD_NAMES, PaymentMethod
from portal.domain.texts import Text
from portal.services.catalogue import agencies
from portal.services.catalogue.offers import texts
from portal.services.servicing.renewal import CONSENT, STALE, Renewal
from portal.web.acceptance import AcceptanceForm
from portal.web.forms import Form, SelectField, chosen, required
from portal.web.payout_way import ACCOUNT, CASH, PayoutWayForm

ANOTHER = "otra"  # an account that is asked for


class CollectForm(Form):
    """Where money is collected."""

    agencia = SelectField("Dónde lo recoge", validators=[required("Elija la agencia donde recogerá su dinero.")])

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        names = [SelectChoice(one.code, f"{one.name}, {one.place}") for one in agencies.offered()]
        self.agencia.choices = [SelectChoice("", "Elija"), *names]


class ShownForm(Form):
    """`cuenta`: what its page showed, so that nobody goes on by what they did not see."""

    cuenta = HiddenField()

    def show_anew(self, stamp: str, sentence: str) -> None:
        """Its page comes back and shows what has that stamp. Where that is another than the one that was sent, nothing
        stays agreed to, and the sentence says so, whatever else is to be mended."""
        if self.cuenta.data != stamp:
            for box in self:
                if isinstance(box, BooleanField):
                    box.data = False
            self.form_errors = [*(one for one in self.form_errors if one != sentence), sentence]
        self.cuenta.data = stamp


class EndForm(ShownForm, CollectForm):
    """Where cash is collected of what the page showed."""

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


class RenewalForm(ShownForm, AcceptanceForm):
    """`plan`: what the page showed, too. `forma`: an account is asked for where none is known."""

    plan = HiddenField()
    forma = RadioField("Cómo paga", validators=[chosen("Elija cómo paga.")])
    acepta = BooleanField("")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.forma.choices = [
            SelectChoice(PaymentMethod.ACCOUNT.value, "La misma cuenta"),
            SelectChoice(ANOTHER, "Otra cuenta"),
            SelectChoice(PaymentMethod.CASH.value, METHOD_NAMES[PaymentMethod.CASH]),
        ]

    def texts(self) -> Sequence[Text]:
        return [texts()[CONSENT]]

    def offer(self, found: Renewal) -> None:
        """What the page shows: `found`, with the account of before where it can be charged again."""
        self.plan.data = found.plan.code
        if self.is_submitted():
            self.show_anew(found.stamp, STALE)
        self.cuenta.data = found.stamp
        if found.account is None and self.forma is not None:
            self.forma.choices = [
                SelectChoice(ANOTHER, METHOD_NAMES[PaymentMethod.ACCOUNT]),
                SelectChoice(PaymentMethod.CASH.value, METHOD_NAMES[PaymentMethod.CASH]),
            ]


class PlanForm(EndForm):
    """Which plan, as the page showed it."""

    plan = HiddenField()


class CodeForm(Form):
    codigo = StringField("Código de 6 dígitos")
