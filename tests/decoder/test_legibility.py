"""A photo that nobody could read is noticed, and one that everybody can is left alone: B22."""

from __future__ import annotations

from functools import cache

import pytest
from PIL import Image

from decoder import legibility
from portal.domain.received_file import Flaw
from tests.decoder.printed_pages import SPOILED, good, spoiled

# Other pages than those that the thresholds were set by: those were 100 to 130.
GOOD, OF_EACH = range(1000, 1040), range(2000, 2008)


def told(picture: Image.Image, *, is_page: bool = True) -> list[str]:
    return legibility.flaws(picture, picture.size, is_page=is_page)


@cache
def told_of(flaw: str, number: int) -> list[str]:
    return told(spoiled(flaw, number))


def test_at_most_one_good_photo_of_twenty_is_warned_about() -> None:
    warned = {number: flaws for number in GOOD if (flaws := told(good(number)))}
    assert len(warned) <= 0.05 * len(GOOD), warned


def test_of_twenty_bad_photos_seventeen_are_warned_about() -> None:
    unseen = [(flaw, number) for flaw in SPOILED for number in OF_EACH if not told_of(flaw, number)]
    assert len(unseen) <= 0.15 * len(SPOILED) * len(OF_EACH), unseen


@pytest.mark.parametrize("flaw", SPOILED)
def test_what_is_told_first_is_what_is_wrong(flaw: str) -> None:
    named = [number for number in OF_EACH if told_of(flaw, number)[:1] == [flaw]]
    assert len(named) >= 0.6 * len(OF_EACH), named


def test_every_flaw_has_its_words() -> None:
    assert set(SPOILED) == {flaw.value for flaw in Flaw}


def test_a_face_is_not_measured_as_a_page() -> None:
    """Somebody before a dark wall, close to the edge: no lines of print, and nothing to be cut."""
    face = Image.effect_noise((900, 1200), 60).convert("RGB")
    face.paste("#2a2a33", (0, 0, 900, 300))
    assert told(face, is_page=False) == []


def test_a_blank_sheet_is_not_called_sideways_or_cut() -> None:
    assert not {"rotated", "cut"} & set(told(Image.new("RGB", (1240, 1754), "white")))
