"""How many policies of one product an insured may have, counting those that are being paid."""

from sqlalchemy import func, select

from portal.domain import clock
from portal.domain.errors import NotAllowed
from portal.domain.payment import PROMISED_STATES
from portal.extensions import db
from portal.models import Payment, Person, Policy, ProductVersion, Purchase, Quote
from portal.models.people import names_person
from portal.services.catalogue import offers
from portal.services.policies import at_moment


def check(quote: Quote) -> None:
    """The insured may have one more policy of the product, counting those that are being paid. Raises NotAllowed."""
    product, _ = offers.plan_of(quote)
    limit = product.active_policies_per_insured
    if _policies_in_force(quote.insured, product.slug) + _policies_being_paid(quote, product.slug) >= limit:
        have = "1 póliza" if limit == 1 else f"{limit} pólizas"
        raise NotAllowed(
            f"{quote.insured.full_name} ya tiene {have} de este seguro, en vigencia o en proceso de pago: es el máximo."
        )


def _policies_in_force(insured: Person, slug: str) -> int:
    return db.session.scalars(
        select(func.count())
        .select_from(Policy)
        .join(Person, Policy.insured_id == Person.id)
        .join(ProductVersion, Policy.product_version_id == ProductVersion.id)
        .where(
            names_person(Person, insured.identity),
            ProductVersion.slug == slug,
            at_moment.protects(clock.now()),
        )
    ).one()


def _policies_being_paid(quote: Quote, slug: str) -> int:
    """Other purchases for the same insured whose money is moving, or awaited at an agency, and that have no policy."""
    return db.session.scalars(
        select(func.count())
        .select_from(Payment)
        .join(Purchase, Payment.purchase_id == Purchase.id)
        .join(Quote, Purchase.quote_id == Quote.id)
        .join(Person, Quote.insured_id == Person.id)
        .join(ProductVersion, Quote.product_version_id == ProductVersion.id)
        .where(
            names_person(Person, quote.insured.identity),
            ProductVersion.slug == slug,
            Quote.id != quote.id,
            Payment.state.in_(PROMISED_STATES),
        )
    ).one()
