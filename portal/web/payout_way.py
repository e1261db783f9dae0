"""How somebody wants to be paid: to an account by its CCI, or in cash at an agency."""

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, StringField
from wtforms.fields import SelectChoice

from portal.domain.agencies import Agency
from portal.domain.cci import Cci, parse
from portal.domain.payout_way import Chosen
from portal.web.forms import Form, SelectField, chosen, required

ACCOUNT, CASH = "cuenta", "efectivo"
TRIES = "30/hour"  # more than anybody needs, too few to try numbers


class PayoutWayForm(Form):
    """Both ways at once: without JavaScript nor `:has()` both are on the page, and only the chosen one counts. Nothing
    of it is kept when it could not be sent: an account's number is never in a draft."""

    forma = RadioField(
        "Cómo quiere cobrar",
        choices=[SelectChoice(ACCOUNT, "En una cuenta"), SelectChoice(CASH, "En efectivo, en una agencia")],
        validators=[chosen("Elija cómo quiere cobrar.")],
    )
    cci = StringField("CCI: 20 números", validators=[required("Escriba los 20 números del CCI.")])
    cci_otra_vez = StringField("Escriba el CCI otra vez")
    agencia = SelectField("Agencia", validators=[required("Elija la agencia donde cobrará.")])

    def offer(self, places: Sequence[Agency]) -> None:
        """Where cash can be collected."""
        self._places = {one.code: one for one in places}
        names = [SelectChoice(one.code, f"{one.name}, {one.place}") for one in places]
        self.agencia.choices = [SelectChoice("", "Elija"), *names]

    @property
    def is_cash(self) -> bool:
        """Whether cash is what is chosen."""
        return bool(self.forma.data == CASH)

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether the fields of the chosen way are right; those of the other are left aside."""
        super().validate(extra_validators)
        for field in (self.cci, self.cci_otra_vez) if self.is_cash else (self.agencia,):
            field.errors = []
        return not self.errors

    def chosen(self) -> Chosen:
        """What was chosen, of a valid form. Raises DomainError on `cci` or `cci_otra_vez`."""
        if self.is_cash:
            return Chosen(agency=self._places[self.agencia.data])
        return Chosen(cci=self.account())

    def account(self) -> Cci:
        """The account that was typed. Raises DomainError."""
        return parse(self.cci.data or "", self.cci_otra_vez.data or "")
