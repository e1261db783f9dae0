"""Money, dates and shares as people in Peru write them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portal.domain import formats

NIGHT = datetime(2026, 5, 19, 3, 7, 5, tzinfo=UTC)  # 22:07:05 of the 18th in Lima


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("72.92", "S/\xa072.92"),
        ("1234.5", "S/\xa01,234.50"),
        ("1234567.89", "S/\xa01,234,567.89"),
        ("0", "S/\xa00.00"),
        ("100", "S/\xa0100.00"),
    ],
)
def test_money_has_a_symbol_without_dot_and_two_decimals(amount, words):
    assert formats.money(Decimal(amount)) == words
    assert formats.amount(Decimal(amount)) == words.removeprefix("S/\xa0")


@pytest.mark.parametrize(("amount", "words"), [("20000", "S/\xa020,000"), ("20000.50", "S/\xa020,000.50")])
def test_whole_sums_show_no_needless_cents(amount, words):
    assert formats.whole_money(Decimal(amount)) == words
    assert formats.whole(Decimal(amount)) == words.removeprefix("S/\xa0")


@pytest.mark.parametrize(
    ("share", "words"),
    [("33.34", "33.34\xa0%"), ("100", "100\xa0%"), ("50.00", "50\xa0%"), ("0.01", "0.01\xa0%"), ("12.5", "12.5\xa0%")],
)
def test_a_share_has_two_decimals(share, words):
    assert formats.percent(Decimal(share)) == words


def test_a_moment_is_read_on_the_clock_of_lima():
    assert formats.moment(NIGHT) == "18/05/2026\xa022:07"
    assert formats.clock_time(NIGHT) == "22:07:05"
    assert formats.day(NIGHT) == "18/05/2026"
    assert formats.long_day(NIGHT) == "lunes 18 de mayo de 2026"


def test_a_date_stays_the_day_it_is():
    assert formats.day(date(2026, 2, 1)) == formats.version_day("2026-02-01") == "01/02/2026"
    assert formats.long_day(date(2026, 6, 16)) == "martes 16 de junio de 2026"


@pytest.mark.parametrize(
    ("size", "words"),
    [(1, "1\xa0KB"), (86_016, "84\xa0KB"), (1_022_976, "999\xa0KB"), (1_258_291, "1.2\xa0MB")],
)
def test_a_file_weighs_kilobytes_or_megabytes(size, words):
    assert formats.file_size(size) == words


def test_a_mobile_and_a_code_are_read_out_in_threes():
    assert formats.in_threes("984512073") == "984\xa0512\xa0073"


def test_no_day_is_never_written_as_today() -> None:
    for write in (formats.day, formats.long_day):
        with pytest.raises(TypeError):
            write(None)  # type: ignore[arg-type]
