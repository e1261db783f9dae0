"""The form of a payee's choice."""

from typing import Any

from wtforms import RadioField, StringField
from wtforms.fields import SelectChoice

from portal.domain.cci import Cci, parse
from portal.services.catalogue import agencies
from portal.services.claims.payees import Chosen
from portal.web.forms import Form, SelectField, chosen, required

_ACCOUNT, _CASH = "cuenta", "efectivo"


class PayeeForm(Form):
    """Both ways at once: without JavaScript nor `:has()` both are on the page, and only the chosen one counts. Nothing
    of it is kept when it could not be sent: an account's number is never in a draft."""

    forma = RadioField(
        "Cómo quiere cobrar",
        choices=[SelectChoice(_ACCOUNT, "En una cuenta"), SelectChoice(_CASH, "En efectivo, en una agencia")],
        validators=[chosen("Elija cómo quiere cobrar.")],
    )
    cci = StringField("CCI: 20 números", validators=[required("Escriba los 20 números del CCI.")])
    cci_otra_vez = StringField("Escriba el CCI otra vez")
    agencia = SelectField("Agencia", validators=[required("Elija la agencia donde cobrará.")])

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        names = [SelectChoice(one.code, f"{one.name}, {one.place}") for one in agencies.offered()]
        self.agencia.choices = [SelectChoice("", "Elija"), *names]

    @property
    def is_cash(self) -> bool:
        """Whether cash is what is chosen."""
        return bool(self.forma.data == _CASH)

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether the fields of the chosen way are right; those of the other are left aside."""
        super().validate(extra_validators)
        for field in (self.cci, self.cci_otra_vez) if self.is_cash else (self.agencia,):
            field.errors = []
        return not self.errors

    def chosen(self) -> Chosen:
        """What was chosen, of a valid form. Raises DomainError on `cci` or `cci_otra_vez`."""
        if self.is_cash:
            return Chosen(agency=agencies.by_code(self.agencia.data))
        return Chosen(cci=self.account())

    def account(self) -> Cci:
        """The account that was typed. Raises DomainError."""
        return parse(self.cci.data or "", self.cci_otra_vez.data or "")


class DeskPayeeForm(PayeeForm):
    """The same at the desk, with the code of who stands there."""

    codigo = StringField("Código que llegó al correo de la persona")


class CodeForm(Form):
    """A button alone."""
