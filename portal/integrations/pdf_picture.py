"""A page of our own PDFs as a picture."""

import io

import pypdfium2

_COLOURS = 64  # of a page in two inks: a third of the bytes, and nobody sees it


def first_page(pdf: bytes, width: int) -> bytes:
    """The first page as a PNG, `width` pixels wide."""
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        picture = page.render(scale=width / page.get_width()).to_pil().quantize(_COLOURS)
        out = io.BytesIO()
        picture.save(out, "PNG", optimize=True)
        page.close()
    return out.getvalue()
