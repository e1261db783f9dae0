"""S20: the terms are accepted and the payment request is made."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField

from portal.blueprints.purchase.flow import Step
from portal.domain.actor import Actor
from portal.domain.texts import Text
from portal.services.catalogue import offers
from portal.services.sale import confirming, paying, purchasing
from portal.web.acceptance import AcceptanceForm

_TEXT = "compra"


class TermsForm(AcceptanceForm):
    acepta = BooleanField("")

    def texts(self) -> Sequence[Text]:
        return [offers.texts()[_TEXT]]


class Terms(Step[TermsForm]):
    slug = "terminos"
    title = "Términos"
    template = "purchase/terms.html"

    def is_complete(self, purchase: purchasing.Purchase) -> bool:
        return confirming.terms_are_accepted(purchase)

    def form(self, purchase: purchasing.Purchase) -> TermsForm:
        return TermsForm()

    def words(self, purchase: purchasing.Purchase, form: TermsForm) -> dict[str, Any]:
        return {"text": offers.texts()[_TEXT]}

    def save(self, purchase: purchasing.Purchase, form: TermsForm, actor: Actor) -> str | None:
        paying.request_payment(purchase.public_id, actor, accepts=bool(form.acepta.data))
        return None
