"""S18, S19: the code that was mailed for exactly this purchase."""

from typing import Any

from wtforms import StringField

from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.models import Purchase
from portal.services.sale import confirming, purchasing
from portal.web.forms import Form, shown_at, submitted
from portal.web.wizard.step import Stay, Step


class VerificationForm(Form):
    codigo = StringField("Código de 6 dígitos")


class Verification(Step[Purchase, VerificationForm]):
    slug = "verificacion"
    title = "Verificación"
    template = "purchase/verification.html"
    form_class = VerificationForm
    is_read_again = False  # it could only say that all is well

    def is_complete(self, purchase: Purchase) -> bool:
        # A slip was authorised when it was made, and stays good for longer than the code.
        return confirming.CODE.is_passed(purchase) or purchasing.living_slip(purchase) is not None

    def reason(self, purchase: Purchase) -> str | None:
        if purchase.code_verified_at is None:
            return None
        if purchase.code_binding != purchase.fingerprint:
            return "Cambió un dato de su compra: por su seguridad, verifíquela con un código nuevo."
        return "Su verificación venció: dura 30 minutos. No se cobró nada. Pida un código nuevo."

    def words(self, purchase: Purchase, form: VerificationForm) -> dict[str, Any]:
        is_verified = self.is_complete(purchase)
        return {
            "code": None if is_verified else confirming.CODE.open_code(purchase),
            "code_life": None if is_verified else confirming.CODE.code_life(purchase),
            "is_verified": is_verified,
        }

    def save(self, purchase: Purchase, form: VerificationForm, actor: Actor) -> Stay | None:
        key = purchase.public_id
        try:
            if submitted("enviar"):
                confirming.CODE.send(key, actor, shown=shown_at())
                return Stay()
            confirming.CODE.verify(key, form.codigo.data or "", actor)
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            if confirming.CODE.open_code(purchasing.get(key, actor)) is None:
                raise DomainError(error.message) from error  # there is no code to type: the page has no field for it
            raise
        return None
