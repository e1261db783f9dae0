"""What a customer confirms for exactly these answers: by the mailed code, and by accepting the terms."""

import contextlib
import hashlib
import json

from sqlalchemy.orm.exc import StaleDataError

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.payment import WITHDRAWN_STATES
from portal.domain.purchase import still_confirmed
from portal.models import Code, CodePurpose, Purchase
from portal.models.transaction import writing
from portal.services.authentication import one_time_codes
from portal.services.catalogue import offers
from portal.services.messaging import outgoing
from portal.services.messaging.mails.sale import PurchaseCode
from portal.services.payments import slips
from portal.services.platform import audit
from portal.services.sale import purchasing


def fingerprint(purchase: Purchase) -> str:
    """A hash of everything that a code and the accepted terms authorise: editing any of it voids both."""
    quote = purchase.quote
    answers = {
        "purchase": purchase.public_id,
        "quote": quote.number,
        "product_version": quote.product_version_id,
        "plan": quote.plan_code,
        "amount": str(purchase.amount),
        "start": str(quote.chosen_start),
        "holder": quote.holder_id,
        "insured": quote.insured_id,
        "method": purchase.method,
        "beneficiaries": [repr(one.as_value()) for one in purchase.beneficiaries],
        "heirs": purchase.beneficiaries_answered and not purchase.beneficiaries,
    }
    return hashlib.sha256(json.dumps(answers, sort_keys=True).encode()).hexdigest()


def code_is_verified(purchase: Purchase) -> bool:
    """Whether a code was passed for exactly these answers, less than 30 minutes ago."""
    return still_confirmed(purchase.code_verified_at, clock.now()) and purchase.code_binding == fingerprint(purchase)


def terms_are_accepted(purchase: Purchase) -> bool:
    """Whether the terms were accepted for exactly these answers, and led to a request that still stands.

    A refused request stands: it can be tried again. One that was withdrawn, never sent or not paid in time does not.
    """
    if purchase.terms_accepted_at is None or purchase.terms_binding != fingerprint(purchase):
        return False
    payment = purchasing.latest_payment(purchase)
    if payment is None or payment.state in WITHDRAWN_STATES:
        return False
    return not slips.is_overdue(payment)


def open_code(purchase: Purchase) -> Code | None:
    """The code that was mailed for these answers and can still be typed."""
    code = one_time_codes.newest(CodePurpose.PURCHASE, purchase.id)
    return code if one_time_codes.is_open(code, fingerprint(purchase)) else None


def send_code(public_id: str, actor: Actor) -> None:
    """Mail a new code (S18). Raises DomainError when one was sent less than 60 s ago."""
    with writing():
        purchase = purchasing.open_for_confirming(public_id, actor)
        mail_code(purchase)
        audit.record(actor, "purchase.code_sent", purchase.quote.number)


def mail_code(purchase: Purchase) -> None:
    """Issue and mail a code for the present answers, in the present transaction."""
    digits = one_time_codes.issue(CodePurpose.PURCHASE, purchase.id, binding=fingerprint(purchase))
    product, plan = offers.plan_of(purchase.quote)
    mail = PurchaseCode(secret=digits, purchase=purchase, product=product, plan=plan)
    outgoing.queue_for_buyer(mail, purchase)


def mail_missing_code(purchase: Purchase) -> None:
    """Mail a code for the present answers unless they have one, in the present transaction.

    The answer is good even when no more codes may be sent this hour: the next step says so.
    """
    if not code_is_verified(purchase) and open_code(purchase) is None:
        with contextlib.suppress(DomainError):
            mail_code(purchase)


def verify_code(public_id: str, typed: str, actor: Actor) -> None:
    """Pass the mailed code (S19); passed already, nothing happens. Raises DomainError on the field `codigo`."""
    try:
        _verify_code(public_id, typed, actor)
    except (DomainError, StaleDataError):
        # Pressed twice at once, the first press passed the code.
        if not code_is_verified(purchasing.get(public_id, actor)):
            raise


def _verify_code(public_id: str, typed: str, actor: Actor) -> None:
    purchase = purchasing.get(public_id, actor)
    if code_is_verified(purchase):
        return
    binding = fingerprint(purchase)
    code_id = one_time_codes.try_code(CodePurpose.PURCHASE, purchase.id, typed, binding=binding)
    with writing():
        purchase = purchasing.open_for_confirming(public_id, actor)
        if fingerprint(purchase) != binding:  # edited in another tab since the code was compared
            raise DomainError("Cambió un dato de su compra: pida un código nuevo.", "codigo")
        one_time_codes.spend(code_id, actor)
        purchase.code_binding, purchase.code_verified_at = binding, clock.now()
        audit.record(actor, "purchase.code_verified", purchase.quote.number)
