"""A quote: what was offered, to whom, at which price and until when."""

from portal.models import Quote
from portal.services.catalogue import offers
from portal.services.printing.contents import Contents


def contents(quote: Quote) -> Contents:
    """What the quote's PDF says."""
    product, plan = offers.plan_of(quote)
    title = f"Cotización {quote.number}"
    return Contents(
        {"quote": quote, "product": product, "plan": plan, "address": quote.holder.full_address},
        title=title,
        footer=title,
    )
