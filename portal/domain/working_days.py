"""Working days of Peru: Monday to Friday, but for the national holidays, which stay on their date.

Source: docs/rules.md, Law and custom, Holidays. The table is portal/catalogue/holidays.toml.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.domain.catalogue.table import CatalogueError, Table

_SATURDAY = 5
_MONTH_AND_DAY = re.compile(r"(0[1-9]|1[0-2])-([0-2][0-9]|3[01])")
_COMMON_YEAR = 2001


@dataclass(frozen=True, slots=True)
class Holiday:
    """A national holiday: on the same day of each year (month, day), or some days before Easter Sunday."""

    name: str
    law: str
    day: tuple[int, int] | None
    before_easter: int | None
    since: int | None

    def in_year(self, year: int) -> date | None:
        """Its date in that year; None while the law did not say so yet."""
        if self.since is not None and year < self.since:
            return None
        if self.day is not None:
            return date(year, *self.day)
        return easter(year) - timedelta(days=self.before_easter or 0)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked. Days are those of Lima."""

    holidays: tuple[Holiday, ...]

    def holiday_on(self, day: date) -> Holiday | None:
        """The holiday that falls on that day."""
        return next((one for one in self.holidays if one.in_year(day.year) == day), None)

    def is_working_day(self, day: date) -> bool:
        """Whether people work on it."""
        return day.weekday() < _SATURDAY and self.holiday_on(day) is None

    def working_days_between(self, after: date, until: date) -> int:
        """How many working days follow `after`, up to `until` and with it; 0 when that is no later."""
        days = [after + timedelta(days=ahead) for ahead in range(1, (until - after).days + 1)]
        closed = {one.in_year(year) for year in {day.year for day in days} for one in self.holidays}
        return sum(day.weekday() < _SATURDAY and day not in closed for day in days)

    def nth_working_day(self, after: date, count: int) -> date:
        """The day on which `count` working days, one or more, have passed since `after`, which is not counted."""
        day = after
        while count > 0:
            day += timedelta(days=1)
            count -= self.is_working_day(day)
        return day


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the method of Meeus, Jones and Butcher."""
    golden = year % 19
    century, of_century = divmod(year, 100)
    leaps, of_leaps = divmod(century, 4)
    skipped = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leaps - skipped + 15) % 30
    fourths, rest = divmod(of_century, 4)
    weekday = (32 + 2 * of_leaps + 2 * fourths - moon - rest) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def parse_holidays(data: Mapping[str, Any]) -> WorkingCalendar:
    """The calendar in the mapping of holidays.toml. Raises CatalogueError with place and problem."""
    table = Table("holidays", data)
    holidays = tuple(_holiday(item) for item in table.tables("holidays"))
    table.close()
    return WorkingCalendar(holidays)


def _holiday(table: Table) -> Holiday:
    before_easter = table.optional_whole("before_easter")
    holiday = Holiday(
        name=table.text("name"),
        law=table.text("law"),
        day=_day(table) if before_easter is None else None,
        before_easter=before_easter,
        since=table.optional_whole("since"),
    )
    table.close()
    return holiday


def _day(table: Table) -> tuple[int, int]:
    text = table.text("day")
    read = _MONTH_AND_DAY.fullmatch(text)
    try:
        if read is None:
            raise ValueError
        day = date(_COMMON_YEAR, int(read[1]), int(read[2]))  # 29 February is no day of each year
    except ValueError as error:
        raise CatalogueError(table.at("day"), f'must be month and day like "07-28", it is {text!r}') from error
    return day.month, day.day
