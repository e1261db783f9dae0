"""How Peru writes money, dates and shares (Ley 30381: S/ without a dot; dates dd/mm/aaaa, Lima time)."""

from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from portal.domain.clock import LIMA

_LOCALE = "es_PE"


def money(amount: Decimal) -> str:
    """`S/ 1,234.50`, with a no-break space."""
    return format_currency(amount, "PEN", format="¤\xa0#,##0.00", locale=_LOCALE)


def whole_money(amount: Decimal) -> str:
    """`S/ 20,000` for whole sums; cents are shown only when there are any."""
    return f"S/\xa0{whole(amount)}"


def amount(value: Decimal) -> str:
    """`1,234.50`: the figure alone, where the symbol is written apart."""
    return format_decimal(value, format="#,##0.00", locale=_LOCALE)


def whole(amount: Decimal) -> str:
    """`20,000`: the figure alone without needless cents."""
    pattern = "#,##0" if amount == amount.to_integral_value() else "#,##0.00"
    return format_decimal(amount, format=pattern, locale=_LOCALE)


def file_size(size: int) -> str:
    """`84 KB`, `1.2 MB`: what a file weighs, in bytes of which 1,024 make a KB; never less than 1 KB."""
    kilobytes = Decimal(size) / 1024
    if kilobytes < 1000:
        return f"{max(1, round(kilobytes))}\xa0KB"
    return f"{format_decimal(kilobytes / 1024, format='0.0', locale=_LOCALE)}\xa0MB"


def in_threes(digits: str) -> str:
    """`984 512 073`, with no-break spaces: as people read out a mobile or a slip's code."""
    return "\xa0".join(digits[at : at + 3] for at in range(0, len(digits), 3))


def percent(share: Decimal) -> str:
    """`50 %`, `33.34 %`: without needless decimals, with a no-break space; `share` is in hundredths of the whole."""
    return f"{format_decimal(share, format='0.##', locale=_LOCALE)}\xa0%"


def day(value: date | datetime) -> str:
    """`18/05/2026`; a moment is read on Lima's clock."""
    return format_date(_lima(value), format="dd/MM/yyyy", locale=_LOCALE)


def version_day(version: str) -> str:
    """`01/11/2026`: the day that names the version of a text or product, kept as aaaa-mm-dd."""
    return day(date.fromisoformat(version))


def moment(value: datetime) -> str:
    """`18/05/2026 10:42` in Lima, with a no-break space."""
    return format_datetime(value, format="dd/MM/yyyy\xa0HH:mm", tzinfo=LIMA, locale=_LOCALE)


def hour(value: datetime) -> str:
    """`10:42` in Lima."""
    return format_datetime(value, format="HH:mm", tzinfo=LIMA, locale=_LOCALE)


def clock_time(value: datetime) -> str:
    """`10:42:07` in Lima."""
    return format_datetime(value, format="HH:mm:ss", tzinfo=LIMA, locale=_LOCALE)


def long_day(value: date | datetime) -> str:
    """`martes 16 de junio de 2026`."""
    return format_date(_lima(value), format="EEEE d 'de' MMMM 'de' yyyy", locale=_LOCALE)


def _lima(value: date | datetime) -> date | datetime:
    if not isinstance(value, date):  # a template is not type-checked, and of None Babel writes today
        raise TypeError(f"no day: {value!r}")
    return value.astimezone(LIMA) if isinstance(value, datetime) else value
