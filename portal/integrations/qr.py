"""QR codes: as an image inside a document, or drawn by a page."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

_QUIET = 4  # modules of white around it, part of the standard


@dataclass(frozen=True, slots=True)
class QrDrawing:
    """A QR code as the path of an SVG: a page draws it, since its content policy takes no image out of its text.
    `size` is the side of the view box, the quiet zone included."""

    size: int
    path: str


def qr_drawing(text: str) -> QrDrawing:
    """The QR code of `text`, one stroke of the path for each run of dark modules."""
    matrix = _code(text).matrix
    strokes = []
    for y, row in enumerate(matrix, _QUIET):
        x = _QUIET
        for is_dark, run in groupby(row):
            width = len(list(run))
            if is_dark:
                strokes.append(f"M{x} {y}h{width}v1h-{width}z")
            x += width
    return QrDrawing(len(matrix) + 2 * _QUIET, "".join(strokes))


def qr_data_uri(text: str) -> str:
    """A QR code of `text` as a `data:` address for an <img>; `text` is usually an address of the portal."""
    address: str = _code(text).svg_data_uri(border=_QUIET, dark="#10242A", light="#FFFFFF", omitsize=True)
    return address


def _code(text: str) -> Any:
    import segno  # 1 MB, for the processes that draw one

    # Level M survives a folded print and a dirty lens.
    return segno.make(text, error="m", micro=False, boost_error=False)
