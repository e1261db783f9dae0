"""How many policies of one product cover an insured at the same time.

Source: docs/rules.md, Purchase. A policy is told of to its holder alone. Before any money has come only the buyer's own
may count; afterwards those of everybody do.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from portal.domain import clock
from portal.extensions import db
from portal.models import Person, Policy, ProductVersion, Quote
from portal.models.people import names_person
from portal.services.catalogue import offers
from portal.services.platform import numbering
from portal.services.policies import at_moment, listing, renewing
from portal.services.policies.listing import OwnPolicy


def is_reached(quote: Quote) -> bool:
    """Whether the quote's insured has all the policies of its product that one may have, whoever holds them.

    Asked in the transaction that records the money: of two purchases that are paid at once, the second waits for the
    first and sees its policy.
    """
    product, _ = offers.plan_of(quote)
    numbering.hold(product.code)
    return in_force(quote) >= product.active_policies_per_insured


def in_force(quote: Quote, *conditions: ColumnElement[bool]) -> int:
    """How many policies of the quote's product protect its insured now, of those that meet `conditions`. One and the
    one that renews it are one, since they follow each other."""
    count: int = db.session.scalars(_in_force(quote, func.count()).where(*conditions)).one()
    return count


def held(quote: Quote) -> Sequence[OwnPolicy]:
    """The policies of the quote's account that protect its insured by the same product, now or soon: what somebody who
    is about to buy a second one may have forgotten. The last to end come first. One query."""
    its = _in_force(quote, Policy.id).where(Policy.account_id == quote.account_id).subquery()
    found = listing.chosen(select(its.c.id), clock.now())
    return sorted(found, key=lambda line: line.policy.cover.until, reverse=True)


def _in_force(quote: Quote, column: Any) -> Select[Any]:
    product, _ = offers.plan_of(quote)
    return (
        select(column)
        .select_from(Policy)
        .join(Person, Policy.insured_id == Person.id)
        .join(ProductVersion, Policy.product_version_id == ProductVersion.id)
        .where(
            names_person(Person, quote.insured.identity),
            ProductVersion.slug == product.slug,
            at_moment.protects(clock.now()),
            ~renewing.is_renewed(),
            *(() if quote.policy_id is None else (Policy.id != quote.policy_id,)),
        )
    )
