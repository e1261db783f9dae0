"""Cover runs from noon to noon, Lima time, for one year."""

from datetime import date, datetime, time, timedelta

from portal.domain.clock import LIMA, lima
from portal.domain.errors import DomainError

QUOTE_VALIDITY = timedelta(days=15)
LATEST_START = timedelta(days=30)
_NOON = time(12, 0)


def noon(day: date) -> datetime:
    """Noon in Lima on that day."""
    return datetime.combine(day, _NOON, tzinfo=LIMA)


def beginning_of(day: date) -> datetime:
    """The first moment of that day in Lima."""
    return datetime.combine(day, time(), tzinfo=LIMA)


def end_of(day: date) -> datetime:
    """The last moment of that day in Lima."""
    return datetime.combine(day, time.max, tzinfo=LIMA)


def first_noon_after(moment: datetime) -> datetime:
    """The first noon (Lima) that is later than `moment`: cover never begins before the payment was approved."""
    here = lima(moment)
    same_day = noon(here.date())
    return same_day if here < same_day else noon(here.date() + timedelta(days=1))


def cover_start(approved_at: datetime, chosen: date | None) -> datetime:
    """The start of cover: the noon of the day chosen in the quote, never earlier than the first noon after approval."""
    earliest = first_noon_after(approved_at)
    return max(earliest, noon(chosen)) if chosen else earliest


def cover_end(start: datetime) -> datetime:
    """Noon of the same day a year later; a cover begun on 29/02 ends on 28/02."""
    here = lima(start)
    try:
        return here.replace(year=here.year + 1)
    except ValueError:
        return here.replace(year=here.year + 1, day=28)


def check_chosen_start(chosen: date, today: date, *, field: str = "inicio") -> None:
    """A later start may be chosen from tomorrow up to 30 days ahead. Raises DomainError."""
    if not today < chosen <= today + LATEST_START:
        last = today + LATEST_START
        raise DomainError(f"Elija un día entre mañana y el {last:%d/%m/%Y}.", field)


def latest_start(quoted_on: date, chosen: date | None) -> date:
    """The latest day on which a quote lets cover begin: the insured's age is judged on it.

    Paid on the quote's last day after noon, cover begins the day after.
    """
    last_by_payment = quoted_on + QUOTE_VALIDITY + timedelta(days=1)
    return max(chosen, last_by_payment) if chosen else last_by_payment
