"""What of an annual premium was earned by the days that ran, and what was not: the one rule of refunds and of changes.

Source: docs/rules.md, Administer. Cover runs from noon to noon, so the days between two of its moments are whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portal.domain.clock import lima
from portal.domain.money import cents


@dataclass(frozen=True, slots=True)
class Term:
    """The days of a whole cover, and those of it that are left from some noon on."""

    days: int
    left: int

    @property
    def passed(self) -> int:
        """The days that it protected."""
        return self.days - self.left

    def unearned(self, premium: Decimal) -> Decimal:
        """What of an annual premium, in soles, belongs to the days that are left: half up, to the cent."""
        return cents(premium * self.left / self.days)


def term_from(moment: datetime, starts_at: datetime, ends_at: datetime) -> Term:
    """The term of a cover as it stands at `moment`, a noon of it: before it starts all of it is left, at its end
    nothing is."""
    first, last = lima(starts_at).date(), lima(ends_at).date()
    day = min(max(lima(moment).date(), first), last)
    return Term(days=(last - first).days, left=(last - day).days)


def newest_first(amount: Decimal, left: Sequence[Decimal]) -> list[Decimal]:
    """How much of each charge is given back to make `amount` soles: of the newest first, never more than is `left` of
    it. `left` is in the order in which they were charged, and so is the answer. Raises ValueError when all of them
    together are less."""
    parts = [Decimal(0)] * len(left)
    for place in reversed(range(len(left))):
        parts[place] = min(amount, left[place])
        amount -= parts[place]
    if amount:
        raise ValueError("more than was paid")
    return parts
