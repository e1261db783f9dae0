"""The working days of the country, read once from their file."""

from functools import cache
from pathlib import Path

from portal.domain.catalogue.files import read_toml
from portal.domain.working_days import WorkingCalendar, parse_holidays

_FILE = Path(__file__).parents[2] / "catalogue" / "holidays.toml"


@cache
def working_calendar() -> WorkingCalendar:
    """Which days are worked. Raises CatalogueError where the file breaks a rule."""
    return parse_holidays(read_toml(_FILE))
