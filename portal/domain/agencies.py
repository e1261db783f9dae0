"""Agencies where cash is paid: when they open, and until when a slip can be paid there. Hours are Lima's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from portal.domain import ubigeo
from portal.domain.catalogue.table import CatalogueError, Table
from portal.domain.clock import LIMA, lima

PAYING_TIME = timedelta(days=3)

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY_NAMES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_CODE = re.compile(r"[A-Z]{2,3}-[1-9][0-9]?")
_RULE = re.compile(r"([A-Z][a-z])(?:-([A-Z][a-z]))? ([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Hours:
    """The stretch of a day in which an agency receives people: from `opens` until `closes`, both included."""

    opens: time
    closes: time

    def __str__(self) -> str:
        """`de 9:00 a 18:00`, on one line: with no-break spaces."""
        return f"de\xa0{_plain(self.opens)}\xa0a\xa0{_plain(self.closes)}"


@dataclass(frozen=True, slots=True)
class Agency:
    """`week` has the hours of Monday to Sunday, None where it is closed; `closed_days` are the holidays. One that
    `is_gone` is kept for the slips and receipts that name it, and receives nobody."""

    code: str
    name: str
    address: str
    district: str
    week: tuple[Hours | None, ...]
    closed_days: frozenset[date]
    is_gone: bool = False

    @property
    def department(self) -> str:
        """The INEI code of its department."""
        return self.district[:2]

    @property
    def place(self) -> str:
        """`Jr. Dos de Mayo 118, Sicuani, Canchis, Cusco`; a name that repeats (Cusco, Cusco, Cusco) is said once."""
        return ", ".join((self.address, *dict.fromkeys(ubigeo.full_name(self.district).split(", "))))

    @property
    def opening_words(self) -> str:
        """`Lunes a viernes de 9:00 a 18:00, sábado de 9:00 a 13:00`."""
        if self.is_gone:
            return "Ya no atiende: pague con el mismo código en otra de nuestras agencias"
        stretches: list[tuple[int, int, Hours]] = []
        for day, hours in enumerate(self.week):
            if hours is None:
                continue
            if stretches and stretches[-1][1:] == (day - 1, hours):
                stretches[-1] = (stretches[-1][0], day, hours)
            else:
                stretches.append((day, day, hours))
        words = ", ".join(f"{_days(first, last)} {hours}" for first, last, hours in stretches)
        return words[0].upper() + words[1:]

    def is_open(self, moment: datetime) -> bool:
        """Whether it receives people at that moment; the closing hour itself still counts."""
        here = lima(moment)
        hours = self._hours_on(here.date())
        return hours is not None and hours.opens <= here.time() <= hours.closes

    def pay_by(self, now: datetime, quote_valid_until: datetime) -> datetime | None:
        """The last moment (included) at which a slip made now can be paid here; None when there is none.

        Three days, never past the quote's validity, and always an hour at which this agency is open: where the limit
        falls outside its hours, the last closing before it. Source: docs/rules.md, Cash.
        """
        limit = pay_limit(now, quote_valid_until)
        deadline = limit if self.is_open(limit) else self._last_closing(now, limit)
        return deadline if deadline is not None and now < deadline else None

    def collect_by(self, now: datetime, days: int) -> datetime | None:
        """The last closing within so many days, until when money can be collected here; None when it does not open."""
        return self._last_closing(now, lima(now) + timedelta(days=days))

    def _last_closing(self, now: datetime, limit: datetime) -> datetime | None:
        day = limit.date()
        while day >= lima(now).date():
            hours = self._hours_on(day)
            if hours is not None:
                closing = datetime.combine(day, hours.closes, tzinfo=LIMA)
                if closing <= limit:
                    return closing
            day -= timedelta(days=1)
        return None

    def _hours_on(self, day: date) -> Hours | None:
        return None if self.is_gone or day in self.closed_days else self.week[day.weekday()]


def pay_limit(now: datetime, quote_valid_until: datetime) -> datetime:
    """The whole minute past which no agency takes the money of a slip made now, open or not."""
    return lima(min(now + PAYING_TIME, quote_valid_until)).replace(second=0, microsecond=0)


def parse_agencies(data: Mapping[str, Any]) -> tuple[Agency, ...]:
    """The agencies in a mapping, by department and name. Raises CatalogueError with place and problem."""
    table = Table("agencies", data)
    closed_days = frozenset(table.days("closed_days"))
    agencies = [_agency(item, closed_days) for item in table.tables("agencies")]
    table.close()
    codes = [agency.code for agency in agencies]
    for code in codes:
        if codes.count(code) > 1:
            raise CatalogueError("agencies", f"{code} is there twice")
    return tuple(sorted(agencies, key=lambda one: (one.department, one.name)))


def _agency(table: Table, closed_days: frozenset[date]) -> Agency:
    agency = Agency(
        code=table.text("code"),
        name=table.text("name"),
        address=table.text("address"),
        district=table.text("district"),
        week=_week(table),
        closed_days=closed_days,
        is_gone=table.optional_flag("closed"),
    )
    table.close()
    if not _CODE.fullmatch(agency.code):
        raise CatalogueError(table.at("code"), f"must be like CUS-1, it is {agency.code!r}")
    if not ubigeo.is_district(agency.district):
        raise CatalogueError(table.at("district"), f"{agency.district!r} is no district of INEI")
    return agency


def _week(table: Table) -> tuple[Hours | None, ...]:
    week: list[Hours | None] = [None] * len(_DAYS)
    for rule in table.text("hours").split("; "):
        read = _RULE.fullmatch(rule)
        try:
            if read is None:
                raise ValueError
            first, last, opens, closes = read.groups()
            hours = Hours(time.fromisoformat(opens), time.fromisoformat(closes))
            days = range(_DAYS.index(first), _DAYS.index(last or first) + 1)
        except ValueError as error:
            raise CatalogueError(table.at("hours"), f'must be like "Mo-Fr 09:00-18:00", it is {rule!r}') from error
        if not days or hours.opens >= hours.closes or any(week[day] for day in days):
            raise CatalogueError(table.at("hours"), f"{rule!r} ends before it begins, or repeats a day")
        for day in days:
            week[day] = hours
    return tuple(week)


def _days(first: int, last: int) -> str:
    if first == last:
        return _DAY_NAMES[first]
    return f"{_DAY_NAMES[first]} {'y' if last == first + 1 else 'a'} {_DAY_NAMES[last]}"


def _plain(hour: time) -> str:
    return f"{hour.hour}:{hour.minute:02d}"
