"""What correcting a person reaches and breaks: said to both of the staff before they decide."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from portal.domain import calendar, clock
from portal.domain.actor import Actor
from portal.domain.catalogue import Product
from portal.domain.identity import age_on
from portal.domain.policy import PolicyState
from portal.domain.quote import QuoteState
from portal.domain.staff import a_supervisor
from portal.extensions import db
from portal.models import Account, Policy, Quote
from portal.services.catalogue import offers


def of(account: Account, birth_date: date, actor: Actor) -> Sequence[str]:
    """In sentences for the actor: what limits of age the birth date would break, and what is corrected with the
    account."""
    identity, now = account.person.identity, clock.now()
    said = []
    query = select(Policy).where(Policy.account_id == account.id).order_by(Policy.id)
    policies = db.session.scalars(query.options(lazyload(Policy.endorsements))).all()
    for policy in policies:
        product = offers.offer(policy.product_version_id).product
        start = clock.lima(policy.starts_at).date()
        is_over = policy.state_at(now) is PolicyState.CANCELLED
        if policy.insured.identity == identity and not is_over and not product.age_allowed(birth_date, start):
            said.append(
                f"La póliza {policy.number} se vendió fuera de edad: {_limit(product, birth_date, start)} "
                f"Sigue como está hasta que la aseguradora diga qué hacer: avise a {a_supervisor(actor.role)}."
            )
    quotes = db.session.scalars(select(Quote).where(Quote.account_id == account.id, Quote.state == QuoteState.VALID))
    for quote in quotes:
        is_open = quote.state_on(now) is QuoteState.VALID and quote.insured.identity == identity
        if is_open and not is_allowed(quote, birth_date):
            product, _ = offers.plan_of(quote)
            said.append(
                f"La cotización {quote.number} ya no se podrá comprar: {_limit(product, birth_date, _start(quote))}"
            )
    if policies:
        corrected = (
            "Se corrige la póliza de la cuenta, con un endoso que llega"
            if len(policies) == 1
            else f"Se corrigen las {len(policies)} pólizas de la cuenta, con un endoso cada una que llega"
        )
        said.append(f"{corrected} por correo a {account.email}.")
    return said


def is_allowed(quote: Quote, birth_date: date) -> bool:
    """Whether the quote's product is for somebody born then, on the latest start that the quote allows."""
    product, _ = offers.plan_of(quote)
    return product.age_allowed(birth_date, _start(quote))


def _start(quote: Quote) -> date:
    return calendar.latest_start(clock.lima(quote.created_at).date(), quote.chosen_start)


def _limit(product: Product, birth_date: date, start: date) -> str:
    return (
        f"es para personas de {product.min_age} a {product.max_age} años, y el {start:%d/%m/%Y} "
        f"la edad sería {age_on(birth_date, start)}."
    )
