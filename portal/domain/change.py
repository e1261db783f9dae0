"""The change that is given for cash. Source of the notes: Banco Central de Reserva del Perú."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

_NOTES = tuple(map(Decimal, (10, 20, 50, 100, 200)))


def usual(amount: Decimal) -> Sequence[tuple[Decimal, Decimal]]:
    """What people hand over for `amount` in soles, in notes of one kind, and the change for it: the least first."""
    given = {(amount / note).to_integral_value(ROUND_CEILING) * note for note in _NOTES} - {amount}
    return [(handed, handed - amount) for handed in sorted(given)]
