"""From the quote to the policy: the purchase's steps, and where it leads when it is paid."""

from typing import Any

from flask import url_for

from portal.blueprints.purchase.steps.beneficiaries import Beneficiaries
from portal.blueprints.purchase.steps.method import Method
from portal.blueprints.purchase.steps.pay import Pay
from portal.blueprints.purchase.steps.terms import Terms
from portal.blueprints.purchase.steps.verification import Verification
from portal.domain.purchase import PurchaseState
from portal.models import Purchase
from portal.services.catalogue import offers
from portal.services.sale import progress, purchasing
from portal.web.actor import actor
from portal.web.wizard.flow import Flow
from portal.web.wizard.step import Step


class PurchaseFlow(Flow[Purchase]):
    label = "Avance de su compra"
    steps = (Beneficiaries(), Method(), Verification(), Terms(), Pay())

    def load(self, key: str) -> Purchase:
        return purchasing.get(key, actor())

    def address(self, purchase: Purchase, step: Step[Purchase, Any], /, **query: Any) -> str:
        return url_for("purchase.show_step", public_id=purchase.public_id, slug=step.slug, **query)

    def end(self, purchase: Purchase, step: Step[Purchase, Any] | None = None) -> str | None:
        """The summary, once the policy is issued; the last step goes on showing what is still under way."""
        if not self.is_settled(purchase):
            purchasing.check_quote(purchase.quote)
        if purchase.state is not PurchaseState.ISSUED or (isinstance(step, Pay) and progress.of(purchase).is_moving):
            return None
        return url_for("purchase.summary", public_id=purchase.public_id)

    def is_settled(self, purchase: Purchase) -> bool:
        return purchase.state is PurchaseState.ISSUED or purchasing.is_committed(purchase)

    def is_answered(self, purchase: Purchase) -> bool:
        return purchasing.living_slip(purchase) is not None

    def words(self, purchase: Purchase) -> dict[str, Any]:
        product, plan = offers.plan_of(purchase.quote)
        quote = purchase.quote
        what = "cambio de plan" if quote.is_plan_change else "renovación" if quote.is_renewal else "compra"
        return {
            "label": f"Avance de su {what}",
            "what": what,
            "purchase": purchase,
            "quote": purchase.quote,
            "product": product,
            "plan": plan,
            "slip": purchasing.living_slip(purchase),
            "cancelled": purchasing.cancelled_slip(purchase),
        }


FLOW = PurchaseFlow()
