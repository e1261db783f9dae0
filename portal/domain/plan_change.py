"""Another plan of a policy: from when, and what it costs or gives back for the days that are left.

Source: docs/rules.md, Administer.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from portal.domain import calendar
from portal.domain.agencies import PAYING_TIME
from portal.domain.clock import lima
from portal.domain.money import split_igv
from portal.domain.policy import Cover
from portal.domain.premium import Term, term_from

# A dearer plan begins at the first noon after the days in which cash can be paid: so the amount and the day that are
# shown are those that happen, however it is paid.
LEAD = PAYING_TIME


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """What another plan does from `effective_at`, a noon, on. `before`, `after`: the premium of a year, in soles."""

    effective_at: datetime
    term: Term
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """What the days that are left cost more, in soles; below zero what goes back."""
        return self.term.unearned(self.after) - self.term.unearned(self.before)

    @property
    def day(self) -> date:
        """The day of the noon at which it begins."""
        return lima(self.effective_at).date()

    @property
    def to_pay(self) -> Decimal:
        """What is paid for it; zero when nothing is."""
        return max(self.difference, Decimal(0))

    @property
    def to_return(self) -> Decimal:
        """What goes back; zero when nothing does."""
        return max(-self.difference, Decimal(0))

    def parts(self, igv_percent: Decimal) -> tuple[Decimal, Decimal]:
        """The net premium and the IGV of what is paid or goes back: together it."""
        return split_igv(abs(self.difference), igv_percent / Decimal(100))


def change(cover: Cover, *, before: Decimal, after: Decimal, moment: datetime) -> PlanChanged:
    """What changing a policy at `moment` does, from a plan of `before` soles a year to one of `after`. It keeps the end
    of its term. A cheaper plan begins at the next noon."""
    waits = LEAD if after > before else timedelta(0)
    return at(cover, calendar.first_noon_after(moment + waits), before=before, after=after)


def at(cover: Cover, effective_at: datetime, *, before: Decimal, after: Decimal) -> PlanChanged:
    """The same from a noon that was told."""
    return PlanChanged(effective_at, term_from(effective_at, cover.starts_at, cover.ends_at), before, after)
