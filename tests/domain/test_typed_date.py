"""A date in the spellings that people use, and in words what is wrong with one that is none."""

from datetime import date

import pytest

from portal.domain.errors import DomainError
from portal.domain.typed_date import parse

TODAY = date(2026, 5, 18)


@pytest.mark.parametrize(
    "typed",
    ["27081994", "27/08/1994", "27/8/1994", "27.08.1994", "27-8-1994", "27 08 1994", "27–08–1994", "27 / 08 / 1994",
     "1994-08-27", "1994/8/27", "1994.08.27", "19940827", "27/08/1994.", "\u200e27/08/1994\u202c", "２７/０８/１９９４",
     "٢٧/٠٨/١٩٩٤", "27 de agosto de 1994", "27 de Agosto del 1994", "27-ago-1994", "27 AGO. 1994", "27agosto1994",
     "27\u00a008\u202f1994", "1994-08-27T00:00:00Z", "27/08/1994 10:30", "27/08/1994, 10:30 p. m.",
     "sábado, 27 de agosto de 1994", "27º de agosto de 1994", "27,08,1994", "27\\08\\1994", "27|08|1994", "27_08_1994"],
)  # fmt: skip
def test_a_date_is_read_in_the_spellings_that_people_use(typed):
    assert parse(typed, TODAY) == date(1994, 8, 27)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("20122012", date(2012, 12, 20)),
        ("20101219", date(2010, 12, 19)),
        ("19121919", date(1919, 12, 19)),
        ("20011201", date(2001, 12, 1)),
        ("1/5/1990", date(1990, 5, 1)),
        ("29/02/2024", date(2024, 2, 29)),
        ("1 set 2026", date(2026, 9, 1)),
        ("1 de septiembre de 2026", date(2026, 9, 1)),
    ],
)
def test_a_date_has_one_meaning(typed, day):
    assert parse(typed, TODAY) == day


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1/5/90", "¿1990? Escriba el año con sus cuatro cifras."),
        ("27.08.94", "¿1994? Escriba el año con sus cuatro cifras."),
        ("270894", "¿1994? Escriba el año con sus cuatro cifras."),
        ("1/5/10", "¿1910 o 2010? Escriba el año con sus cuatro cifras."),
        ("1/12/26", "¿1926 o 2026? Escriba el año con sus cuatro cifras."),
        ("1/5/05", "¿2005? Escriba el año con sus cuatro cifras."),
        ("1/5/9", "El año tiene cuatro cifras: usted escribió 9."),
        ("1/5/994", "El año tiene cuatro cifras: usted escribió 994."),
        ("1/5/0094", "El año tiene cuatro cifras: usted escribió 0094."),
        ("31/02/1990", "Febrero de 1990 tiene 28 días: revise el día."),
        ("30/02/2024", "Febrero de 2024 tiene 29 días: revise el día."),
        ("31041990", "Abril de 1990 tiene 30 días: revise el día."),
        ("0/05/1990", "Mayo de 1990 tiene 31 días: revise el día."),
        ("27/13/1994", "El mes va de 1 a 12: usted escribió 13."),
        ("27/00/1994", "El mes va de 1 a 12: usted escribió 0."),
        ("08/27/1994", "¿27/08/1994? Escriba primero el día y después el mes."),
        ("2781994", "La fecha tiene 8 cifras, como 27081994. Usted escribió 7."),
        ("27 de brumario de 1994", "Escriba la fecha como 27/08/1994."),
        ("27 de agua de 1994", "Escriba la fecha como 27/08/1994."),
        ("ayer", "Escriba la fecha como 27/08/1994."),
        ("27/08", "Escriba la fecha como 27/08/1994."),
        ("1" * 5000, "La fecha tiene 8 cifras, como 27081994. Usted escribió 5000."),
    ],
)
def test_what_is_wrong_with_a_date_is_said_in_words(typed, words):
    with pytest.raises(DomainError) as refused:
        parse(typed, TODAY, field="fecha_nacimiento")
    assert (refused.value.message, refused.value.field) == (words, "fecha_nacimiento")
