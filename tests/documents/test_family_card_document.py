"""The card for the family in the size of a purse's: what it says, on one sheet as large as a DNI."""

from __future__ import annotations

import io

import pikepdf
import pytest

from portal.integrations.pdf_sheets import PURSE_CARD
from tests.documents.cards import NAMES, card
from tests.documents.printing import flat, fonts, pages

_POINTS = 72 / 25.4


@pytest.mark.parametrize("name", NAMES)
def test_it_is_one_sheet_in_the_size_of_a_dni_however_long_the_name(name: str) -> None:
    made = card("family_card", PURSE_CARD, name)
    with pikepdf.open(io.BytesIO(made)) as pdf:
        (page,) = pdf.pages
        width, height = (float(side) / _POINTS for side in page.mediabox[2:])
    assert width == pytest.approx(85.6, abs=0.4)
    assert height == pytest.approx(54, abs=0.4)
    assert flat(pages(made)[0]).replace("- ", "-").count(name) == 1


def test_a_long_address_to_type_the_code_at_leaves_it_one_sheet() -> None:
    at = "https://seguros-personas.cooperativa-massiv-del-cusco.example.pe/verificar"
    assert len(pages(card("family_card", PURSE_CARD, verify_url=f"{at}/x"))) == 1


def test_it_says_who_is_covered_whom_to_call_and_the_number_and_nothing_else() -> None:
    made = card("family_card", PURSE_CARD)
    said = (
        "TIENE UN SEGURO Juana Rosa Mamani Condori Si le pasa algo, llame: (01) 500 0000 Avisar no cuesta nada. Ese día"
        " no hacen falta papeles. NÚMERO DE PÓLIZA MA-2026-000184 Sin cámara:"
        " portal.massiv.example/verificar K7MT-X9QP Apunte su cámara para ver si vale"
    )
    assert sorted(flat(pages(made)[0]).split()) == sorted(said.split())
    assert {line.split()[0] for line in fonts(made).splitlines()[2:]} == {"FigtreePDF-Regular", "FigtreePDF-Bold"}
