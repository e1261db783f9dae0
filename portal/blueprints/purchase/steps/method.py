"""S15 to S17: the summary of the purchase, and how it is paid: charged to an account, or in cash at an agency."""

from typing import Any

from flask import request
from wtforms import RadioField
from wtforms.fields import SelectChoice

from portal.domain import clock, formats
from portal.domain.actor import Actor
from portal.domain.agencies import PAYING_TIME, pay_limit
from portal.domain.errors import DomainError
from portal.domain.payment import PaymentState
from portal.domain.purchase import METHOD_NAMES, PaymentMethod
from portal.models import Purchase
from portal.services.catalogue import agencies
from portal.services.payments import bank
from portal.services.sale import account_validation, paying, purchasing
from portal.web.forms import ExpiryField, Form, LastDigitsField, SelectField, chosen, required, submitted
from portal.web.wizard.step import Stay, Step

_DIGITS = "Escriba los últimos 4 dígitos de su tarjeta."


class MethodForm(Form):
    """Both methods at once: without JavaScript nor `:has()` both are on the page, and only the chosen one counts."""

    forma = RadioField(
        "Forma de pago",
        choices=[SelectChoice(method.value, name) for method, name in METHOD_NAMES.items()],
        validators=[chosen("Elija la forma de pago.")],
    )
    banco = RadioField("Banco o caja", validators=[chosen("Elija su banco o caja.")])
    digitos = LastDigitsField("Últimos 4 dígitos", validators=[required(_DIGITS)])
    vence = ExpiryField("Vence", validators=[required("Escriba el mes y el año en que vence su tarjeta.")])
    departamento = SelectField(
        "Departamento",
        choices=[SelectChoice("", "Elija"), *(SelectChoice(*place) for place in agencies.departments())],
        validate_choice=False,  # it only finds agencies
    )
    # Any agency may be sent: without JavaScript the list may still be another department's.
    agencia = RadioField("Agencia", validators=[chosen("Elija la agencia donde pagará.")], validate_choice=False)

    @property
    def is_cash(self) -> bool:
        """Whether cash is what is chosen."""
        return bool(self.forma.data == PaymentMethod.CASH)

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether the fields of the chosen method are right; those of the other are left aside."""
        super().validate(extra_validators)
        card, agency = (self.banco, self.digitos, self.vence), (self.departamento, self.agencia)
        for field in card if self.is_cash else agency:
            field.errors = []
        return not self.errors

    def offer(self, banks: list[Any], found: list[Any]) -> None:
        """Put the present banks and agencies into the lists."""
        self.banco.choices = [SelectChoice(one.code, one.name) for one in banks]
        self.agencia.choices = [SelectChoice(agency.code, agency.name) for agency, _ in found]

    def card(self) -> account_validation.Card:
        """The card as the bank is asked for it."""
        return account_validation.Card(self.banco.data, self.digitos.four, *self.vence.given)


class Method(Step[Purchase, MethodForm]):
    slug = "forma-de-pago"
    title = "Forma de pago"
    template = "purchase/method.html"
    form_class = MethodForm

    def is_complete(self, purchase: Purchase) -> bool:
        return purchasing.method_is_answered(purchase)

    def reason(self, purchase: Purchase) -> str | None:
        payment = purchasing.latest_payment(purchase)
        code = formats.in_threes(payment.slip_code) if payment and payment.slip_code else ""
        expired = f"Su código de pago {code} venció y no se le cobró nada. Elija otra vez cómo pagar."
        if payment and payment.state is PaymentState.AWAITING_CASH:
            return expired
        if purchase.cash_agency_code is not None:
            return "La agencia que eligió ya no abre antes de que termine el plazo para pagar. Elija otra."
        if purchase.account_validated_at is not None and not purchasing.account_is_validated(purchase):
            return "La validación con su banco venció: dura 30 minutos. No se cobró nada. Valide otra vez."
        match payment.state if payment else None:
            case PaymentState.EXPIRED:
                return expired
            case PaymentState.CANCELLED:
                return f"Cambió su compra y cancelamos el código {code}: no pague con él. Elija otra vez cómo pagar."
            case PaymentState.NOT_SENT if payment and payment.reason != purchasing.ANSWERS_EDITED:
                return "Su pago no llegó al banco. No se cobró nada. Valide su cuenta otra vez para continuar."
        return None

    def initial(self, purchase: Purchase) -> dict[str, Any]:
        known = purchase if purchase.bank_code else account_validation.charged_before(purchase)
        is_another = _is_another_asked() or purchasing.refused_payment(purchase) is not None
        card = account_validation.card_of(known) if known and not is_another else None
        return {
            "forma": _asked("forma", PaymentMethod) or purchase.method or PaymentMethod.ACCOUNT,
            "banco": card and card.bank_code,
            "digitos": card and card.last4,
            "vence": card and card.expiry,
            "departamento": request.args.get("departamento") or _likely_department(purchase),
            "agencia": _agency_so_far(purchase),
        }

    def form(self, purchase: Purchase) -> MethodForm:
        form = super().form(purchase)
        form.offer(bank.banks(), _found(purchase, form))
        # The pages of the release before have two lists: the next release takes this away.
        if not form.vence.data and "mes" in request.form:
            form.vence.data = f"{request.form['mes']}/{request.form.get('anio', '')}"
        return form

    def needs_shape(self, form: MethodForm) -> bool:
        return not submitted("ver")

    def words(self, purchase: Purchase, form: MethodForm) -> dict[str, Any]:
        is_validated, refused = self._is_validated(purchase), purchasing.refused_payment(purchase)
        return {
            "refused": refused,
            # What the bank said of the card of before says nothing of one that it refuses now.
            "is_validated": is_validated and not form.errors and not refused and not _is_another_asked(),
            "is_offered_again": is_validated and refused,
            "bank_before": _bank_before(form) if purchase.bank_code is None and not form.errors else None,
            "has_banks": bool(form.banco.choices),
            "agencies": _found(purchase, form),
            "paying_days": PAYING_TIME.days,
            "limit": pay_limit(clock.now(), purchase.quote.valid_until),
        }

    def save(self, purchase: Purchase, form: MethodForm, actor: Actor) -> Stay | None:
        if submitted("ver"):  # without JavaScript the agencies of a department come by a button
            asked = {"forma": PaymentMethod.CASH.value, "departamento": form.departamento.data}
            return Stay(**asked, _anchor="agencias")
        if form.is_cash:
            paying.choose_agency(purchase.public_id, form.agencia.data, actor)
            return None
        card = form.card()
        is_known = self._is_validated(purchase) and card == account_validation.card_of(purchase)
        if is_known and purchasing.refused_payment(purchase):
            raise DomainError("Es la tarjeta que su banco no aprobó. Escriba otra.", "digitos")
        if not is_known:
            account_validation.validate(purchase.public_id, card, actor, shown=request.form.get("consulta", type=int))
        return None

    def _is_validated(self, purchase: Purchase) -> bool:
        return purchase.method is PaymentMethod.ACCOUNT and self.is_complete(purchase)


def _is_another_asked() -> bool:
    """Whether a link leads here for who wants to pay otherwise than so far."""
    return _asked("forma", PaymentMethod) is not None


def _asked(name: str, values: Any) -> Any:
    """What the address asks for, when it is one of `values`."""
    given = request.args.get(name)
    return given if given in set(values) else None


def _bank_before(form: MethodForm) -> str | None:
    """The bank of the card that is filled in."""
    return next((one.label for one in form.banco.choices or () if one.value == form.banco.object_data), None)


def _agency_so_far(purchase: Purchase) -> str | None:
    """The agency answered, or that of the last slip: nobody has to look for it twice."""
    payment = purchasing.latest_payment(purchase)
    return purchase.cash_agency_code or (payment.agency_code if payment else None)


def _likely_department(purchase: Purchase) -> str:
    """Where the agency so far is, or where the customer lives; none where we have no agency."""
    code = _agency_so_far(purchase)
    likely = agencies.by_code(code).department if code else purchase.quote.holder.ubigeo[:2]
    return likely if agencies.in_department(likely) else ""


def _found(purchase: Purchase, form: MethodForm) -> list[Any]:
    return agencies.with_deadlines(form.departamento.data or "", clock.now(), purchase.quote.valid_until)
