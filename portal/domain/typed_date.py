"""A date as people type and paste it: the day first, or the year where it has four figures; in words what is wrong."""

import re
import unicodedata
from calendar import monthrange
from datetime import date

from portal.domain.errors import DomainError
from portal.domain.typed import figures, line, plain_marks

_SHAPE = "Escriba la fecha como 27/08/1994."
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "setiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_NUMBER_OF = {name[:3]: number for number, name in enumerate(_MONTHS, 1)} | {"sep": 9}
_BETWEEN = r"[ /.,:|_\\-]+"
_PARTED = re.compile(rf"([0-9]{{1,4}}){_BETWEEN}([0-9]{{1,4}}){_BETWEEN}([0-9]{{1,4}})")
# What is copied with a date: the day of the week before it, the time of day behind it, the mark of an ordinal inside.
_WEEKDAY = re.compile(r"(?:lunes|martes|miercoles|jueves|viernes|sabado|domingo)[ ,]+(?=[0-9])")
_TIME = re.compile(r"(?<=[0-9])(?:t|,? )[0-9]{1,2}:[0-9]{2}[0-9:.+z -]*(?:[ap]\.? ?m\.?)?$")
_ORDINAL = re.compile(r"(?<=[0-9])(?:º|°|ª|ro\.?|er\.?)(?= |/|-)")
_IN_WORDS = re.compile(r"([0-9]{1,4})[ /.-]*(?:de )?([a-z]{3,10})[ /.,-]*(?:de |del )?([0-9]{1,4})")
_LONGEST_LIFE = 120  # years


def parse(typed: str, today: date, *, field: str = "") -> date:
    """The date, of which `27081994`, `27-8-1994`, `1994.08.27` and `27 de agosto de 1994` are spellings. Raises
    DomainError on `field`: a year of two figures is asked back, never guessed."""
    day, month, year = _parts(_plain(typed), field)
    if len(year) == 2:
        raise DomainError(_which_century(int(year), today), field)
    if len(year) != 4 or int(year) < 1000:
        raise DomainError(f"El año tiene cuatro cifras: usted escribió {year}.", field)
    return _date(int(day), int(month), int(year), field)


def _plain(typed: str) -> str:
    """In small letters without accents, its figures those of the keyboard, nothing around it."""
    plain = _ORDINAL.sub("", figures(plain_marks(line(typed))).lower())
    bare = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return _TIME.sub("", _WEEKDAY.sub("", bare)).strip(" /.,-")


def _parts(text: str, field: str) -> tuple[str, str, str]:
    """Day, month and year in figures."""
    if text.isdigit():
        return _joined(text, field)
    in_words = _IN_WORDS.fullmatch(text)
    if in_words:
        month = _NUMBER_OF.get(in_words[2][:3])
        if month is None or not _is_month(in_words[2], month):
            raise DomainError(_SHAPE, field)
        return in_words[1], str(month), in_words[3]
    parted = _PARTED.fullmatch(text)
    if parted is None:
        raise DomainError(_SHAPE, field)
    first, month_typed, last = parted.groups()
    return (last, month_typed, first) if len(first) > 2 else (first, month_typed, last)


def _joined(figures: str, field: str) -> tuple[str, str, str]:
    if len(figures) == 6:
        return figures[:2], figures[2:4], figures[4:]
    if len(figures) != 8:
        raise DomainError(f"La fecha tiene 8 cifras, como 27081994. Usted escribió {len(figures)}.", field)
    # No month begins with the 19 or 20 of a year: one reading alone makes sense.
    if figures[:2] in ("19", "20") and figures[4:6] not in ("19", "20"):
        return figures[6:], figures[4:6], figures[:4]
    return figures[:2], figures[2:4], figures[4:]


def _is_month(typed: str, number: int) -> bool:
    """`ago`, `agosto`, and `septiembre` beside `setiembre`."""
    return _MONTHS[number - 1].startswith(typed) or (number == 9 and "septiembre".startswith(typed))


def _date(day: int, month: int, year: int, field: str) -> date:
    if not 1 <= month <= 12:
        if 1 <= day <= 12 and 1 <= month <= 31:
            raise DomainError(f"¿{month:02d}/{day:02d}/{year}? Escriba primero el día y después el mes.", field)
        raise DomainError(f"El mes va de 1 a 12: usted escribió {month}.", field)
    days = monthrange(year, month)[1]
    if not 1 <= day <= days:
        raise DomainError(f"{_MONTHS[month - 1].capitalize()} de {year} tiene {days} días: revise el día.", field)
    return date(year, month, day)


def _which_century(year: int, today: date) -> str:
    """The years that two figures may stand for, as a question."""
    meant = [
        f"{century + year}"
        for century in (1900, 2000)
        if today.year - _LONGEST_LIFE <= century + year <= today.year + 1
    ]
    return f"¿{' o '.join(meant)}? Escriba el año con sus cuatro cifras."
