"""Documents as their readers get them: text and pictures of the pages, by poppler."""

from __future__ import annotations

import io
import re
import subprocess

from PIL import Image

_DPI = 40
_FOOT = re.compile(r"^(Póliza|Cotización) .*\s+Página \d+ de \d+\s*\Z", re.MULTILINE)
_WHITE = 245  # of 255: what is darker is ink


def text_of(pdf: bytes) -> str:
    """All words in reading order with single spaces, without the feet of the sheets."""
    sheets = _poppler(pdf, "pdftotext", "-raw", "-", "-").decode().split("\f")
    return " ".join(" ".join(_FOOT.sub("", sheet).split()) for sheet in sheets)


def pages_of(pdf: bytes) -> int:
    return int(_poppler(pdf, "pdfinfo", "-").decode().split("Pages:")[1].split()[0])


def filled(pdf: bytes) -> list[float]:
    """How far down each page, foot aside, there is something printed: 0 nothing, 1 to its end."""
    return [_filled(_picture(pdf, number)) for number in range(1, pages_of(pdf) + 1)]


def _picture(pdf: bytes, number: int) -> Image.Image:
    one = ("-f", str(number), "-l", str(number))
    return Image.open(io.BytesIO(_poppler(pdf, "pdftoppm", "-png", "-gray", "-r", str(_DPI), *one, "-")))


def _filled(picture: Image.Image) -> float:
    """The foot with the page number takes the last fifteenth of a sheet."""
    height = picture.height * 14 // 15
    body = picture.crop((0, 0, picture.width, height)).point(lambda grey: 255 if grey < _WHITE else 0)
    box = body.getbbox()
    return box[3] / height if box else 0.0


def _poppler(pdf: bytes, *command: str) -> bytes:
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout
