"""QR codes as images inside a document."""

import segno


def qr_data_uri(text: str) -> str:
    """A QR code of `text` as a `data:` address for an <img>; `text` is usually an address of the portal."""
    # Level M survives a folded print and a dirty lens; the quiet zone of four modules is part of the standard.
    return segno.make(text, error="m", micro=False, boost_error=False).svg_data_uri(
        border=4, dark="#10242A", light="#FFFFFF", omitsize=True
    )
