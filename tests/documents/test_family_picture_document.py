"""The card for the family as a picture: its size in pixels, what it says, and that a telephone can read its code."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from portal.integrations.pdf_picture import first_page
from portal.integrations.pdf_sheets import PICTURE
from portal.services.documents.kinds import FAMILY_PICTURE
from tests.documents import samples
from tests.documents.cards import NAMES, card
from tests.documents.printing import flat, pages

_POINTS_A_PIXEL = 0.3


@pytest.mark.parametrize("name", NAMES)
def test_it_is_1080_by_1350_pixels_however_long_the_name(name: str) -> None:
    made = card("family_picture", PICTURE, name)
    assert len(pages(made)) == 1
    assert FAMILY_PICTURE.pixels
    png = first_page(made, FAMILY_PICTURE.pixels)
    with Image.open(io.BytesIO(png)) as picture:
        assert (picture.format, picture.size) == ("PNG", (1080, 1350))
    assert len(png) < 120_000


def test_it_says_who_is_covered_whom_to_call_and_the_number_and_nothing_else() -> None:
    said = flat(pages(card("family_picture", PICTURE))[0])
    assert said == (
        "MASSIV TIENE UN SEGURO Juana Rosa Mamani Condori Si le pasa algo, llame: (01) 500 0000 Le dirán qué hacer. "
        "Avisar no cuesta nada. No necesita cuenta ni papeles ese día. NÚMERO DE PÓLIZA MA-2026-000184 Guarde esta "
        "imagen. Con el código se ve si el seguro está vigente, en portal.massiv.example/verificar K7MT-X9QP"
    )


def test_no_letter_is_under_36_pixels() -> None:
    sheet = (samples.PORTAL / "templates/layouts/family_picture.css").read_text()
    sizes = [float(size) for size in re.findall(r"(?:font-size|font): ([\d.]+)pt", sheet)]
    assert len(sizes) > 5
    assert min(sizes) / _POINTS_A_PIXEL >= 36
