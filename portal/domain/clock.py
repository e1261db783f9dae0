"""The one place that asks what time it is.

Time is kept in UTC; people read Lima time (America/Lima, UTC-5, no summer time).
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LIMA = ZoneInfo("America/Lima")

_offset = timedelta()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC) + _offset


def today() -> date:
    """Today's date in Lima."""
    return lima(now()).date()


def lima(moment: datetime) -> datetime:
    """The same moment on a clock in Lima."""
    return moment.astimezone(LIMA)


def shift(offset: timedelta) -> None:
    """Move this process's clock. Settings allow it outside production only (CLOCK_OFFSET_SECONDS)."""
    global _offset
    _offset = offset
