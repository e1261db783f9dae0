"""What was typed into the search box is recognised by its shape."""

from __future__ import annotations

import pytest

from portal.domain.errors import DomainError
from portal.domain.search import SearchKind, readings


def kinds(typed: str) -> list[tuple[SearchKind, str]]:
    return [(one.kind, one.value) for one in readings(typed, field="dato")]


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("COT-2026-000123", SearchKind.QUOTE, "COT-2026-000123"),
        ("cot 2026 123", SearchKind.QUOTE, "COT-2026-000123"),
        ("SP-2026-1000184", SearchKind.PAYMENT, "SP-2026-1000184"),
        ("RC2026000007", SearchKind.RECEIPT, "RC-2026-000007"),
        ("dv-2026-000007", SearchKind.REFUND, "DV-2026-000007"),
        ("Siniestro SIN-2026-000047", SearchKind.CLAIM, "SIN-2026-000047"),
        ("av 2026 21", SearchKind.NOTICE, "AV-2026-000021"),
        (" ma-2026-000184 ", SearchKind.POLICY, "MA-2026-000184"),
        ("09876543", SearchKind.DOCUMENT, "09876543"),
        ("09.876.543", SearchKind.DOCUMENT, "09876543"),
        ("xab123456", SearchKind.DOCUMENT, "XAB123456"),
        ("123 456 782", SearchKind.SLIP, "123456782"),
        ("DNI 66163161", SearchKind.DOCUMENT, "66163161"),
        ("DNI N.° 66163161\u200b", SearchKind.DOCUMENT, "66163161"),
        ("Póliza MA-2026-000001", SearchKind.POLICY, "MA-2026-000001"),
        ("PÓLIZA N.° MA–2026–000001", SearchKind.POLICY, "MA-2026-000001"),
        ("«MA-2026-000001».", SearchKind.POLICY, "MA-2026-000001"),
        ("#MA-2026-000001", SearchKind.POLICY, "MA-2026-000001"),
        ("su póliza (MA-2026-000001)", SearchKind.POLICY, "MA-2026-000001"),
        ("https://portal.example/polizas/MA-2026-000001", SearchKind.POLICY, "MA-2026-000001"),
        ("Rosa Condori, DNI 66163161", SearchKind.DOCUMENT, "66163161"),
        ("tel:+51951753568", SearchKind.MOBILE, "951753568"),
        ("Recibo RC-2026-000007", SearchKind.RECEIPT, "RC-2026-000007"),
        ("Cotización: COT‑2026‑000123", SearchKind.QUOTE, "COT-2026-000123"),
        ("Código de pago: 123\u00a0456\u00a0782", SearchKind.SLIP, "123456782"),
        ("+51 951 753 568", SearchKind.MOBILE, "951753568"),
        ("\u202a+51\u202f951-753-568\u202c", SearchKind.MOBILE, "951753568"),
        ("Cel. (+51) 951 753 568", SearchKind.MOBILE, "951753568"),
        (" mailto:Rosa@Gmail.com ", SearchKind.EMAIL, "rosa@gmail.com"),
        ("Rosa <rosa@gmail.com>", SearchKind.EMAIL, "rosa@gmail.com"),
    ],
)
def test_the_likeliest_reading_comes_first(typed: str, kind: SearchKind, value: str) -> None:
    assert kinds(typed)[0] == (kind, value)


def test_nine_digits_may_be_a_code_or_a_document_and_a_broken_code_only_a_document() -> None:
    assert kinds("123456782") == [(SearchKind.SLIP, "123456782"), (SearchKind.DOCUMENT, "123456782")]
    assert kinds("123456789") == [(SearchKind.DOCUMENT, "123456789")]


def test_a_dni_is_found_with_its_check_character_and_a_mobile_without_its_country() -> None:
    assert (SearchKind.DOCUMENT, "66163161") in kinds("66163161-4")
    assert (SearchKind.DOCUMENT, "66163161") not in kinds("66163161-5")
    assert (SearchKind.MOBILE, "951753568") in kinds("951 753 568")


def test_a_passport_that_looks_like_a_number_is_tried_as_both() -> None:
    assert kinds("AB2026000184") == [(SearchKind.POLICY, "AB-2026-000184"), (SearchKind.DOCUMENT, "AB2026000184")]


def test_letters_are_a_name() -> None:
    (reading,) = readings("  Quispe, ROSA ", field="dato")
    assert (reading.kind, reading.words) == (SearchKind.NAME, ("quispe", "rosa"))


@pytest.mark.parametrize(
    "typed", ["a", "r q", "..", "12345", "12 34", "rosa 3", "x" * 30 + "1", "١٢٣٤٥٦٧٨", "ro " * 27]
)
def test_what_says_too_little_is_refused_with_words(typed: str) -> None:
    with pytest.raises(DomainError) as refused:
        readings(typed, field="dato")
    assert refused.value.field == "dato"
    assert refused.value.message
