"""S14: who is paid when the insured dies. Products that pay nobody named in advance have no such step."""

from portal.models import Purchase
from portal.services.catalogue import offers
from portal.services.sale import beneficiaries
from portal.web.beneficiaries import Naming, NamingStep


class Beneficiaries(NamingStep[Purchase]):
    template = "purchase/beneficiaries.html"

    @property
    def naming(self) -> Naming:
        return beneficiaries.NAMING

    def is_applicable(self, purchase: Purchase) -> bool:
        product, _ = offers.plan_of(purchase.quote)
        return product.has_beneficiaries and not purchase.quote.is_plan_change  # a policy keeps whom it names

    def is_complete(self, purchase: Purchase) -> bool:
        return purchase.beneficiaries_answered
