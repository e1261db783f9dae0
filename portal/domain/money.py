"""Soles as exact decimals. Rounding happens here and nowhere else."""

import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from portal.domain.errors import DomainError
from portal.domain.typed import line

CENT = Decimal("0.01")
# As people write it: S/ 1,234.50, 1234.5, 72,92. A comma before three figures parts thousands.
_TYPED = re.compile(r"(?:S/\.?)?(?P<soles>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})(?:[.,](?P<cents>[0-9]{1,2}))?")


def parse(typed: str, *, field: str = "monto") -> Decimal:
    """An amount in soles from what was typed. Raises DomainError on `field`."""
    written = _TYPED.fullmatch(line(typed).replace(" ", "").upper())
    if written is None:
        raise DomainError("Escriba el monto en soles, como 72.92.", field)
    return Decimal(f"{written['soles'].replace(',', '')}.{written['cents'] or 0}").quantize(CENT)


def cents(amount: Decimal) -> Decimal:
    """`amount` in soles, rounded half up to two decimals."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def split_igv(total: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """The net premium and the IGV inside a published `total`; `rate` is 0.18 for 18 %. They add up to the total."""
    net = cents(total / (1 + rate))
    return net, total - net


def apportion(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`total` soles in parts by weight, to the cent, which add up to it: the first ones carry the spare cents."""
    whole = sum(weights, Decimal(0))
    if not whole:
        return [Decimal(0) for _ in weights]
    parts = [(total * weight / whole).quantize(CENT, rounding=ROUND_FLOOR) for weight in weights]
    spare = int((total - sum(parts, Decimal(0))) / CENT)
    for place, weight in enumerate(weights):
        if spare and weight:
            parts[place] += CENT
            spare -= 1
    return parts
