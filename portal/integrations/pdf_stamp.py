"""What is added to a finished PDF: the foot of each sheet, and what programs read of it: title, number, language, who
made it.

The engine ignores its own header and footer options (Debian's build has no patched Qt), so the foot is drawn
afterwards, as text in the document's own font.
"""

from __future__ import annotations

import io
from functools import cache

import pikepdf
from PIL import ImageFont

from portal.integrations.pdf_fonts import FOLDER

MAKER = "MASSIV"
LANGUAGE = "es-PE"

_MM = 72 / 25.4
SIDE = 16 * _MM
BASELINE = 10.5 * _MM
HAIRLINE = 14.5 * _MM
SIZE = 8.0
_FONT_NAME = "/MassivFoot"
_FIRST, _LAST = 32, 255
# Text is written in the Windows code page, which holds every letter of Spanish and is PDF's WinAnsiEncoding.
_ENCODING = "cp1252"


def stamp(pdf: pikepdf.Pdf, *, title: str, number: str, footer: str) -> bytes:
    """The PDF with `footer` and `Página n de m` at the foot of each sheet, unless it is empty, and its metadata."""
    if footer:
        _stamp_feet(pdf, footer)
    _describe(pdf, title, number)
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def _stamp_feet(pdf: pikepdf.Pdf, footer: str) -> None:
    font = pdf.make_indirect(_font(pdf))
    total = len(pdf.pages)
    for sheet, page in enumerate(pdf.pages, start=1):
        page.add_resource(font, pikepdf.Name("/Font"), pikepdf.Name(_FONT_NAME))
        page.contents_add(b"q\n", prepend=True)
        page.contents_add(b"\nQ\n" + _foot(float(page.mediabox[2]), footer, f"Página {sheet} de {total}"))


def _describe(pdf: pikepdf.Pdf, title: str, number: str) -> None:
    """Say it twice: older programs read the information dictionary, those of archives XMP. Of the engine nothing."""
    pdf.docinfo["/Title"] = title
    pdf.docinfo["/Author"] = pdf.docinfo["/Creator"] = pdf.docinfo["/Producer"] = MAKER
    with pdf.open_metadata(set_pikepdf_as_editor=False) as xmp:
        xmp.load_from_docinfo(pdf.docinfo)
        xmp["dc:identifier"] = number
        xmp["dc:language"] = {LANGUAGE}
    pdf.Root.Lang = pikepdf.String(LANGUAGE)
    pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)


def _foot(page_width: float, left: str, right: str) -> bytes:
    edge = page_width - SIDE
    right_at = edge - _width(right)
    return b"".join(
        (
            f"q 0.788 0.831 0.831 RG 0.57 w {SIDE:.2f} {HAIRLINE:.2f} m {edge:.2f} {HAIRLINE:.2f} l S\n".encode(),
            _text(SIDE, _shortened(left, right_at - SIDE - 2 * SIZE)),
            _text(right_at, right),
            b"Q\n",
        )
    )


def _text(x: float, words: str) -> bytes:
    shown = words.encode(_ENCODING, errors="replace").hex()
    return f"BT {_FONT_NAME} {SIZE} Tf 0.282 0.361 0.384 rg {x:.2f} {BASELINE:.2f} Td <{shown}> Tj ET\n".encode()


def _shortened(words: str, room: float) -> str:
    """`words` cut to what fits in `room` points: the foot never runs into the page number."""
    if _width(words) <= room:
        return words
    while words and _width(words + "…") > room:
        words = words[:-1]
    return words.rstrip() + "…"


def _width(words: str) -> float:
    widths = _widths()
    return sum(widths[code - _FIRST] for code in words.encode(_ENCODING, errors="replace")) * SIZE / 1000


@cache
def _widths() -> tuple[int, ...]:
    """How wide each character of the code page is, in thousandths of the type size."""
    font = ImageFont.truetype(str(FOLDER / "figtree-regular.ttf"), 1000)
    letters = (bytes([code]).decode(_ENCODING, errors="replace") for code in range(_FIRST, _LAST + 1))
    return tuple(round(font.getlength(letter)) for letter in letters)


@cache
def _font_file() -> bytes:
    return (FOLDER / "figtree-regular.ttf").read_bytes()


def _font(pdf: pikepdf.Pdf) -> pikepdf.Dictionary:
    program = _font_file()
    descriptor = pikepdf.Dictionary(
        Type=pikepdf.Name.FontDescriptor,
        FontName=pikepdf.Name("/FigtreePDF-Regular"),
        Flags=32,  # letters by name, no symbols
        FontBBox=[-200, -300, 1400, 1100],
        ItalicAngle=0,
        Ascent=950,
        Descent=-250,
        CapHeight=700,
        StemV=80,
        FontFile2=pdf.make_stream(program, Length1=len(program)),
    )
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Font,
        Subtype=pikepdf.Name.TrueType,
        BaseFont=pikepdf.Name("/FigtreePDF-Regular"),
        Encoding=pikepdf.Name.WinAnsiEncoding,
        FirstChar=_FIRST,
        LastChar=_LAST,
        Widths=list(_widths()),
        FontDescriptor=pdf.make_indirect(descriptor),
    )
