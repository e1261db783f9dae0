"""How many policies of one product somebody may buy for an insured, as far as they are told before they pay; and
whether the one that they renew is still theirs to renew.

Whatever others hold for the same insured, or are paying, changes nothing here: nobody learns of it, and nothing of
theirs reserves against the buyer. It counts once the money has come (services/policies/insured_limit.py).
"""

from sqlalchemy import func, select

from portal.domain.errors import NotAllowed
from portal.domain.payment import PROMISED_STATES
from portal.domain.quote import QuotePurpose
from portal.extensions import db
from portal.models import Payment, Person, Policy, ProductVersion, Purchase, Quote
from portal.models.people import names_person
from portal.services.catalogue import offers
from portal.services.policies import insured_limit, renewing


class RenewalGone(NotAllowed):
    """What the quote renews can't be renewed any more. `policy`: its number."""

    def __init__(self, policy: str) -> None:
        super().__init__("La póliza que quería renovar ya no se puede renovar. No se cobró nada.")
        self.policy = policy


def check_can_follow(quote: Quote) -> None:
    """What the quote renews, if it does, can still be renewed. Raises RenewalGone."""
    if quote.policy is not None and renewing.is_over(quote):
        raise RenewalGone(quote.policy.number)


def check(quote: Quote) -> None:
    """The quote's account may hold one more policy of the product for its insured, counting those that it is paying.
    Raises NotAllowed."""
    if quote.is_plan_change:
        return  # it is of a policy that they have
    _check_renewal(quote)
    product, _ = offers.plan_of(quote)
    limit = product.active_policies_per_insured
    own = insured_limit.in_force(quote, Policy.account_id == quote.account_id)
    if own + _being_paid(quote, product.slug) >= limit:
        have = "1 póliza" if limit == 1 else f"{limit} pólizas"
        raise NotAllowed(
            f"Usted ya tiene {have} de este seguro, para {quote.insured.full_name}, en vigencia o en proceso de pago: "
            "es el máximo."
        )


def _check_renewal(quote: Quote) -> None:
    """What the quote renews, if it does, can still be renewed, and is not being paid for by another purchase."""
    if quote.purpose is not QuotePurpose.RENEWAL:
        return
    check_can_follow(quote)
    others = (
        select(Payment.number)
        .join(Purchase, Payment.purchase_id == Purchase.id)
        .join(Quote, Purchase.quote_id == Quote.id)
        .where(Quote.policy_id == quote.policy_id, Quote.purpose == quote.purpose, Quote.id != quote.id)
        .where(Payment.state.in_(PROMISED_STATES))
    )
    other = db.session.scalar(others.limit(1))
    if other is not None:
        raise NotAllowed(
            f"Esta póliza ya se está renovando con la solicitud de pago {other}. No se cobró nada por esta."
        )


def _being_paid(quote: Quote, slug: str) -> int:
    """The account's other purchases for the same insured whose money is moving, or awaited at an agency, and that have
    no policy."""
    return db.session.scalars(
        select(func.count())
        .select_from(Payment)
        .join(Purchase, Payment.purchase_id == Purchase.id)
        .join(Quote, Purchase.quote_id == Quote.id)
        .join(Person, Quote.insured_id == Person.id)
        .join(ProductVersion, Quote.product_version_id == ProductVersion.id)
        .where(
            Purchase.account_id == quote.account_id,
            names_person(Person, quote.insured.identity),
            ProductVersion.slug == slug,
            Quote.id != quote.id,
            Quote.purpose != QuotePurpose.PLAN_CHANGE,
            Payment.state.in_(PROMISED_STATES),
        )
    ).one()
