"""What an insurer is told of each day, and as which file. Source: docs/rules.md, Law and terms (Ley 29355, art. 7)."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from portal.domain.clock import LIMA, lima

_READ_FROM = timedelta(hours=1)  # of the next day: what was begun before midnight has ended by then
_RUNS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


class Told(StrEnum):
    """What happened to a policy, by the word of its file."""

    ISSUE = "Emisión"
    CHANGE = "Cambio"
    END = "Fin"
    PAYMENT = "Cobro"
    REFUND = "Devolución"
    BENEFIT = "Pago de siniestro"


COLUMNS = (
    "Qué pasó",
    "Cuándo",
    "Póliza",
    "Producto",
    "Plan",
    "Asegurado",
    "Documento",
    "Detalle",
    "Rige desde",
    "Número",
    "Monto",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of it. `detail`: which change, end or way; `effective`: from when it is so; `number`: of what it is;
    `amount` in soles."""

    told: Told
    moment: datetime
    policy: str
    product: str
    plan: str
    insured: str
    document: str
    detail: str
    effective: datetime | None
    number: str
    amount: Decimal | None


def newest(now: datetime) -> date:
    """The newest day that can be told."""
    return (lima(now) - _READ_FROM).date() - timedelta(days=1)


def bounds(day: date) -> tuple[datetime, datetime]:
    """From when until when (not included) it lasts, in Lima."""
    begin = datetime.combine(day, time(), LIMA)
    return begin, begin + timedelta(days=1)


def file_of(entries: Sequence[Entry]) -> bytes:
    """The file, in the order of what happened: CSV in UTF-8 with its mark, as spreadsheets open it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in sorted(entries, key=lambda one: (one.moment, one.policy, one.told, one.number)):
        writer.writerow([_cell(value) for value in astuple(entry)])
    return out.getvalue().encode("utf-8-sig")


def counted(entries: Sequence[Entry]) -> dict[str, int]:
    """How many of each kind, in the order of the kinds; those of which there is none left out."""
    found = Counter(entry.told for entry in entries)
    return {told.value: found[told] for told in Told if found[told]}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{lima(value):%Y-%m-%d %H:%M:%S}"
    text = str(value)
    return f"'{text}" if text.startswith(_RUNS) else text
