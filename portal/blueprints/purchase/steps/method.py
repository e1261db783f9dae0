"""S15, S16: the summary of the purchase, and how it is paid."""

from typing import Any

from wtforms import RadioField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Regexp

from portal.blueprints.purchase.flow import Step, address
from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.payment import PaymentState
from portal.services import banking, purchasing
from portal.web.forms import Form, chosen, required, submitted

_MONTHS = [SelectChoice(str(month), f"{month:02d}") for month in range(1, 13)]
_YEARS_AHEAD = 15
_DIGITS = "Escriba los últimos 4 dígitos de su tarjeta."


class MethodForm(Form):
    forma = RadioField(
        "Forma de pago",
        choices=[SelectChoice("cuenta", "Cargo a Cuenta")],
        validators=[chosen("Elija la forma de pago.")],
    )
    banco = SelectField("Banco o caja", validators=[required("Elija su banco o caja.")])
    digitos = StringField(
        "Últimos 4 dígitos",
        validators=[required(_DIGITS), Regexp(r"\s*[0-9]{4}\s*$", message=_DIGITS)],
    )
    mes = SelectField(
        "Mes",
        choices=[SelectChoice("", "Mes"), *_MONTHS],
        validators=[required("Elija el mes en que vence su tarjeta.")],
    )
    anio = SelectField("Año", validators=[required("Elija el año en que vence su tarjeta.")])

    def offer(self, banks: list[Any]) -> None:
        """Put the present banks and years into the lists."""
        year = clock.today().year
        self.banco.choices = [SelectChoice("", "Elija"), *(SelectChoice(one.code, one.name) for one in banks)]
        self.anio.choices = [
            SelectChoice("", "Año"),
            *(SelectChoice(str(n), str(n)) for n in range(year, year + _YEARS_AHEAD)),
        ]

    def card(self) -> banking.Card:
        """The card as the bank is asked for it."""
        return banking.Card(
            bank_code=self.banco.data,
            last4=(self.digitos.data or "").strip(),
            expiry_month=int(self.mes.data),
            expiry_year=int(self.anio.data),
        )


class Method(Step[MethodForm]):
    slug = "forma-de-pago"
    title = "Forma de pago"
    template = "purchase/method.html"

    def is_complete(self, purchase: purchasing.Purchase) -> bool:
        return purchasing.account_is_validated(purchase)

    def reason(self, purchase: purchasing.Purchase) -> str | None:
        payment = purchasing.latest_payment(purchase)
        if (
            payment is not None
            and payment.state is PaymentState.NOT_SENT
            and payment.reason != purchasing.ANSWERS_EDITED
            and purchase.account_token is None
        ):
            return "Su pago no llegó al banco. No se cobró nada. Valide su cuenta otra vez para continuar."
        if purchase.account_validated_at is not None and not self.is_complete(purchase):
            return "La validación con su banco venció: dura 30 minutos. No se cobró nada. Valide otra vez."
        return None

    def form(self, purchase: purchasing.Purchase) -> MethodForm:
        form = MethodForm(
            forma="cuenta",
            banco=purchase.bank_code,
            digitos=purchase.card_last4,
            mes=str(purchase.card_expiry_month or ""),
            anio=str(purchase.card_expiry_year or ""),
        )
        form.offer(banking.banks())
        return form

    def words(self, purchase: purchasing.Purchase, form: MethodForm) -> dict[str, Any]:
        return {"is_validated": self.is_complete(purchase), "has_banks": len(form.banco.choices) > 1}

    def save(self, purchase: purchasing.Purchase, form: MethodForm, actor: Actor) -> str | None:
        card = form.card()
        if not (self.is_complete(purchase) and card == _known(purchase)):
            banking.validate_account(purchase.public_id, card, actor)
        return address(purchase, self) if submitted("validar") else None


def _known(purchase: purchasing.Purchase) -> banking.Card:
    return banking.Card(
        bank_code=purchase.bank_code or "",
        last4=purchase.card_last4 or "",
        expiry_month=purchase.card_expiry_month or 0,
        expiry_year=purchase.card_expiry_year or 0,
    )
