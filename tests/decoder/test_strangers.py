"""Files that strangers send: what is kept of each. docs/rules.md, Files. Those that are refused are sent by HTTP, with
the others, in tests/web/test_uploads.py."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path
from typing import NamedTuple

import pikepdf
import pytest
from PIL import Image, ImageColor

from decoder import refused
from portal.domain.received_file import Flaw, Refusal
from portal.integrations import inspection
from tests.decoder.colours import exchanged, red_ink
from tests.decoder.strangers import (
    PICTURE,
    REFUSED,
    SECRET,
    TAKEN,
    drawing,
    encoded,
    pdf,
)


class Kept(NamedTuple):
    type: str
    stored: bytes
    thumbnail: bytes
    pages: int
    size: tuple[int | None, int | None]
    flaws: tuple[Flaw, ...]


def inspected(data: bytes, folder: Path, *, is_page: bool = False) -> Kept:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        with inspection.inspect(file, folder, is_page=is_page) as found:
            sizes = (found.width, found.height)
            return Kept(found.type, found.stored.read(), found.thumbnail.read(), found.pages, sizes, found.flaws)


def picture(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as found:
        found.load()
        return found


def is_red(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    return pixel[0] > 180 > 90 > pixel[2]


@pytest.mark.parametrize(("data", "kind"), TAKEN.values(), ids=list(TAKEN))
def test_what_can_be_taken_is_kept_without_what_nobody_sees(data: bytes, kind: str, tmp_path: Path) -> None:
    kept = inspected(data, tmp_path)
    assert kept.type == kind
    small = picture(kept.thumbnail)
    assert (small.format, max(small.size) <= 320, dict(small.getexif())) == ("JPEG", True, {})
    if kind == PICTURE:
        whole = picture(kept.stored)
        assert (whole.format, whole.mode, dict(whole.getexif())) == ("JPEG", "RGB", {})
        assert set(whole.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    else:
        assert kept.stored.startswith(b"%PDF-")
        assert not kept.stored.rstrip().endswith(b"</html>")
    for made in (kept.stored, kept.thumbnail):
        assert SECRET not in made
        assert b"PK\x03\x04" not in made


def test_the_odd_and_hostile_files_are_more_than_sixty() -> None:
    assert len(TAKEN) + len(REFUSED) > 100


def test_every_reason_of_the_decoder_has_its_words() -> None:
    reasons = {value for name, value in vars(refused).items() if name.isupper()}
    assert reasons | {"too_large"} == {refusal.value for refusal in Refusal}
    assert all(one.words.endswith(".") for kind in (Refusal, Flaw) for one in kind)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "HEIF"])
def test_a_picture_is_kept_as_it_was_taken(kind: str, orientation: int, tmp_path: Path) -> None:
    """A phone writes the pixels as its sensor lies, and beside them how it was held."""
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = drawing((120, 80))
    as_written = upright.transpose(back[orientation]) if orientation in back else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    kept = picture(inspected(encoded(as_written, kind, exif=exif.tobytes()), tmp_path).stored)
    assert kept.size == upright.size
    assert is_red(kept.getpixel((20, 40)))
    assert not is_red(kept.getpixel((100, 40)))


def test_a_large_photo_is_kept_smaller_in_its_shape(tmp_path: Path) -> None:
    kept = inspected(encoded(drawing((4000, 3000)), "JPEG"), tmp_path)
    assert kept.size == picture(kept.stored).size == (2560, 1920)
    assert picture(kept.thumbnail).size == (320, 240)


def test_a_small_photo_is_not_made_larger(tmp_path: Path) -> None:
    assert inspected(encoded(drawing((300, 200)), "WEBP"), tmp_path).size == (300, 200)


@pytest.mark.parametrize(
    ("sent", "profile", "kept"),
    [
        (Image.new("RGB", (40, 40), "red"), exchanged(), "blue"),
        (Image.new("CMYK", (40, 40), (255, 0, 0, 0)), red_ink(), "red"),
        (Image.new("CMYK", (40, 40), (0, 255, 255, 0)), None, "red"),
        (Image.new("RGB", (40, 40), "red"), red_ink(), "red"),
        (Image.new("RGB", (40, 40), "red"), b"no profile", "red"),
    ],
    ids=["wide colours", "inks", "inks that say nothing", "another's profile", "no profile"],
)
def test_colours_are_those_that_were_meant(sent, profile, kept, tmp_path: Path) -> None:
    found = picture(inspected(encoded(sent, "JPEG", icc_profile=profile), tmp_path).stored).getpixel((20, 20))
    assert isinstance(found, tuple)
    assert all(abs(one - other) < 12 for one, other in zip(found, ImageColor.getrgb(kept), strict=True))


def test_what_one_sees_through_lies_on_white(tmp_path: Path) -> None:
    kept = inspected(encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG"), tmp_path)
    assert picture(kept.stored).getpixel((20, 20)) == (255, 255, 255)


def test_a_scan_of_16_bits_keeps_its_greys(tmp_path: Path) -> None:
    kept = inspected(encoded(Image.new("I;16", (40, 40), 128 * 256), "PNG"), tmp_path)
    assert picture(kept.stored).getpixel((20, 20)) == (128, 128, 128)


def test_of_a_pdf_the_first_page_is_drawn(tmp_path: Path) -> None:
    kept = inspected(pdf(lambda document: document.add_blank_page(page_size=(842, 595))), tmp_path)
    assert kept.pages == 2
    small = picture(kept.thumbnail)
    assert small.size == (226, 320)
    colour = small.getpixel((113, 168))
    assert isinstance(colour, tuple)
    assert colour[2] > 180 > 90 > colour[0], "the page's blue line"


@pytest.mark.parametrize("name", ["PDF that goes to its top", "PDF whose page goes to the top"])
def test_what_a_pdf_would_do_by_itself_is_gone(name: str, tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(inspected(TAKEN[name][0], tmp_path).stored)) as kept:
        unpacked = io.BytesIO()
        kept.save(unpacked, qdf=True)
    assert b"/GoTo" in TAKEN[name][0]
    for word in (b"/OpenAction", b"/AA", b"/GoTo"):
        assert word not in unpacked.getvalue()


def test_a_pdf_that_opens_with_an_empty_password_is_kept_open(tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(inspected(TAKEN["PDF locked with nothing"][0], tmp_path).stored)) as kept:
        assert not kept.is_encrypted


def test_the_same_file_is_kept_as_the_same_bytes(tmp_path: Path) -> None:
    for data in (TAKEN["HEIC"][0], TAKEN["PDF with a form"][0]):
        first, second = (hashlib.sha256(inspected(data, tmp_path).stored).digest() for _ in range(2))
        assert first == second
