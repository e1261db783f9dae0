"""The days in which a first year does not pay all: whom they concern, and until when. Warnings, answers, grounds and
papers of a claim read them here. Source: docs/rules.md, Administer; docs/rules.md, Claims.
"""

from collections.abc import Collection
from datetime import datetime

from portal.domain.catalogue import Coverage, Product
from portal.domain.claim import Cause
from portal.domain.policy import Cover


def insured_since(starts_at: datetime, others: Collection[Cover]) -> datetime:
    """Since when who is protected from `starts_at` on has been so without a gap. `others`: their covers by the same
    product. One goes on from another when it begins at the very noon at which that one ends; two that run beside each
    other are two insurances, and each waits."""
    since = starts_at
    while before := [one.starts_at for one in others if one.starts_at < since and one.until == since]:
        since = min(before)
    return since


def over_at(product: Product, coverage: Coverage, since: datetime, cause: Cause | None) -> datetime | None:
    """From when a coverage pays who is insured since then; None where nothing of it waits."""
    if product.waiting is None or not coverage.waits or (coverage.accident_exempt and cause is Cause.ACCIDENT):
        return None
    return product.waiting.ends(since)
