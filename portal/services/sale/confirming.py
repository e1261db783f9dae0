"""What a customer confirms for exactly these answers: by the mailed code, and by accepting the terms."""

from portal.domain.payment import WITHDRAWN_STATES
from portal.domain.texts import Text
from portal.models import CodePurpose, Purchase
from portal.services.authentication import one_time_codes
from portal.services.authentication.authorisation_codes import Authorisation
from portal.services.catalogue import offers
from portal.services.messaging import outgoing
from portal.services.messaging.mails.sale import PurchaseCode
from portal.services.payments import slips
from portal.services.sale import purchasing


def terms_are_accepted(purchase: Purchase) -> bool:
    """Whether the terms were accepted for exactly these answers, and led to a request that still stands.

    A refused request stands: it can be tried again. One that was withdrawn, never sent or not paid in time does not.
    """
    if purchase.terms_accepted_at is None or purchase.terms_binding != purchase.fingerprint:
        return False
    payment = purchasing.latest_payment(purchase)
    if payment is None or payment.state in WITHDRAWN_STATES:
        return False
    return not slips.is_overdue(payment)


def terms_of(purchase: Purchase) -> Text:
    """The terms that are accepted for it."""
    return offers.texts()["cambio-de-plan" if purchase.quote.is_plan_change else "compra"]


def _mail(purchase: Purchase, digits: str) -> None:
    product, plan = offers.plan_of(purchase.quote)
    code = one_time_codes.just_issued(CodePurpose.PURCHASE, purchase.id)
    mail = PurchaseCode(secret=digits, code=code, purchase=purchase, product=product, plan=plan)
    outgoing.queue_for_buyer(mail, purchase)


CODE = Authorisation(
    purpose=CodePurpose.PURCHASE,
    load=purchasing.get,
    open=purchasing.open_for_confirming,
    mail=_mail,
    event="purchase",
    number=lambda purchase: purchase.quote.number,
    edited="Cambió un dato de su compra: pida un código nuevo.",
)
