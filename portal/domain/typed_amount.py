"""Amounts of money as people type them: `1850`, `1,850.00`, `S/ 1 850.5`."""

import re
from decimal import Decimal

from portal.domain.errors import DomainError

_AMOUNT = re.compile(r"(?:[0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]{1,9})(?:\.[0-9]{1,2})?")


def parse(typed: str) -> Decimal:
    """Soles with two decimals; a comma or a space parts thousands, a dot the cents (Ley 30381). Raises DomainError."""
    text = typed.strip().removeprefix("S/").removeprefix(".").replace("\xa0", " ").strip()
    if not _AMOUNT.fullmatch(text):
        raise DomainError("Escriba el monto en soles, por ejemplo 1,850.00.")
    return Decimal(re.sub(r"[, ]", "", text)).quantize(Decimal("0.01"))
