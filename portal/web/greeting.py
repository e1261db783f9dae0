"""How a person is greeted at an hour of Lima."""

from datetime import datetime

from portal.domain.clock import lima

_NOON, _DUSK = 12, 19  # hours


def greeting(moment: datetime) -> str:
    """«Buenos días» until noon, «Buenas tardes» until seven, then «Buenas noches»; before dawn it is night too."""
    hour = lima(moment).hour
    if hour < 5 or hour >= _DUSK:
        return "Buenas noches"
    return "Buenos días" if hour < _NOON else "Buenas tardes"
