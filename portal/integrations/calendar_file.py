"""Days for the calendar of somebody's phone (RFC 5545)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A moment, or a whole day. `key`: by it a calendar knows the entry again; `words`: what stands under it."""

    key: str
    at: datetime | date
    title: str
    words: str


def calendar_file(entries: Sequence[Entry], made_at: datetime) -> bytes:
    """A file that a phone offers to put into its calendar. Moments are written in UTC, so that they are the same
    wherever they are read."""
    import icalendar  # 9 MB, for the few who ask

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//MASSIV//Plataforma Cliente//ES")
    calendar.add("version", "2.0")
    for entry in entries:
        event = icalendar.Event()
        event.add("uid", entry.key)
        event.add("dtstamp", made_at.astimezone(UTC))
        event.add("dtstart", entry.at.astimezone(UTC) if isinstance(entry.at, datetime) else entry.at)
        event.add("summary", entry.title)
        event.add("description", entry.words)
        event.add("transp", "TRANSPARENT")  # nobody is busy then
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
