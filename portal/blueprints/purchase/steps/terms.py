"""S20: the terms are accepted and the payment request is made."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, HiddenField

from portal.domain.actor import Actor
from portal.domain.texts import Text
from portal.models import Purchase
from portal.services.catalogue import offers
from portal.services.policies import insured_limit
from portal.services.policies.listing import OwnPolicy
from portal.services.sale import confirming, paying
from portal.web.acceptance import AcceptanceForm
from portal.web.wizard.step import Step


class TermsForm(AcceptanceForm):
    """`desde` is the newest request when the page was shown: a press that comes late makes no other."""

    acepta = BooleanField("")
    desde = HiddenField()

    def texts(self) -> Sequence[Text]:
        return [offers.texts()["compra"]]


class PlanTermsForm(TermsForm):
    """The same of a change of plan."""

    def texts(self) -> Sequence[Text]:
        return [offers.texts()["cambio-de-plan"]]


class Terms(Step[Purchase, TermsForm]):
    slug = "terminos"
    title = "Términos"
    template = "purchase/terms.html"
    form_class = TermsForm
    is_read_again = False  # they were read and accepted for exactly these answers

    def is_complete(self, purchase: Purchase) -> bool:
        return confirming.terms_are_accepted(purchase)

    def initial(self, purchase: Purchase) -> dict[str, Any]:
        return {"desde": paying.newest_request(purchase)}

    def form(self, purchase: Purchase) -> TermsForm:
        kind = PlanTermsForm if purchase.quote.is_plan_change else TermsForm
        return kind(**self.initial(purchase))

    def words(self, purchase: Purchase, form: TermsForm) -> dict[str, Any]:
        return {"text": confirming.terms_of(purchase), "held": self._held_since(purchase)}

    def _held_since(self, purchase: Purchase) -> Sequence[OwnPolicy]:
        """What already protects the insured, where a policy came after the quote said so, or didn't."""
        if purchase.quote.policy_id is not None:
            return ()
        held = insured_limit.held(purchase.quote)
        return held if any(line.policy.issued_at > purchase.created_at for line in held) else ()

    def save(self, purchase: Purchase, form: TermsForm, actor: Actor) -> None:
        after = form.desde.raw_data[0] if form.desde.raw_data else None
        paying.request_payment(purchase.public_id, actor, accepts=bool(form.acepta.data), after=after)
