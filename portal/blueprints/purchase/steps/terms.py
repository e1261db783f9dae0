"""S20: the terms are accepted and the payment request is made."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField

from portal.domain.actor import Actor
from portal.domain.texts import Text
from portal.models import Purchase
from portal.services.catalogue import offers
from portal.services.sale import confirming, paying
from portal.web.acceptance import AcceptanceForm
from portal.web.wizard.step import Step

_TEXT = "compra"


class TermsForm(AcceptanceForm):
    acepta = BooleanField("")

    def texts(self) -> Sequence[Text]:
        return [offers.texts()[_TEXT]]


class Terms(Step[Purchase, TermsForm]):
    slug = "terminos"
    title = "Términos"
    template = "purchase/terms.html"
    form_class = TermsForm

    def is_complete(self, purchase: Purchase) -> bool:
        return confirming.terms_are_accepted(purchase)

    def words(self, purchase: Purchase, form: TermsForm) -> dict[str, Any]:
        return {"text": offers.texts()[_TEXT]}

    def save(self, purchase: Purchase, form: TermsForm, actor: Actor) -> None:
        paying.request_payment(purchase.public_id, actor, accepts=bool(form.acepta.data))
