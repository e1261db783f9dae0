"""Soles as exact decimals. Rounding happens here and nowhere else."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """`amount` in soles, rounded half up to two decimals."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def split_igv(total: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """The net premium and the IGV inside a published `total`; `rate` is 0.18 for 18 %. They add up to the total."""
    net = cents(total / (1 + rate))
    return net, total - net
