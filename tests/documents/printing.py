"""Documents as a reader gets them: rendered by the real engine, read back by poppler."""

import io
import re
import subprocess
from typing import Any

import pikepdf

from portal.integrations.pdf import render_pdf
from portal.services.printing.rendering import check_letters
from tests.documents import samples

FOOT = "Póliza MA-2026-000184 · Emitida el 18/05/2026"
_TOP, _FLOOR = 40, 785  # points from the top of the sheet between which the text stands


def printed(kind: str, context: dict[str, Any]) -> bytes:
    html = samples.html_of(kind, context)
    check_letters(html + FOOT)
    return render_pdf(html, title="Póliza MA-2026-000184", number="MA-2026-000184", footer=FOOT)


def pages(pdf: bytes) -> list[str]:
    """The text of each sheet, in reading order."""
    return _poppler(pdf, "pdftotext", "-raw", "-", "-").split("\f")[:-1]


def words(pdf: bytes) -> str:
    """The whole text with single spaces, without the feet of the sheets."""
    bodies = (
        re.sub(r"Póliza MA-2026-000184 · Emitida el 18/05/2026\s+Página \d+ de \d+", "", page) for page in pages(pdf)
    )
    return flat(" ".join(bodies))


def flat(text: str) -> str:
    return " ".join(text.split())


def heights(pdf: bytes) -> list[float]:
    """How much of each sheet's height its text takes, from 0 to 1."""
    boxes = _poppler(pdf, "pdftotext", "-bbox", "-", "-").split("<page ")[1:]
    lowest = (max([_TOP, *(y for y in _bottoms(page) if y <= _FLOOR + 5)]) for page in boxes)
    return [(low - _TOP) / (_FLOOR - _TOP) for low in lowest]


def fonts(pdf: bytes) -> str:
    return _poppler(pdf, "pdffonts", "-")


def _bottoms(page: str) -> list[float]:
    return [float(y) for y in re.findall(r'yMax="([\d.]+)"', page)]


def _poppler(pdf: bytes, *command: str) -> str:
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def links(pdf: bytes) -> set[str]:
    """The addresses that a reader of the PDF may press."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        pressed = [note.A for page in document.pages for note in page.get("/Annots", []) if "/A" in note]
        return {str(action.URI) for action in pressed if "/URI" in action}
