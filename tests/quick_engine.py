"""A stand-in for the PDF engine where no test looks into a document: found on the PATH before the real one, it gives a
sheet that the real one made. What documents say is printed by the real one in tests/documents, journeys and faults."""

from __future__ import annotations

from pathlib import Path

from portal.integrations import pdf

_SCRIPT = """#!/bin/sh
# As the real one, it reads all that it is given; without a document it gives none.
[ "$(wc -c)" -gt 500 ] && exec cat "${0%/*}/sheet.pdf"
"""


def install(folder: Path) -> None:
    """Put it into `folder`."""
    html = "<!doctype html><meta charset=utf-8><title>Hoja</title><p>Una hoja.</p>"
    (folder / "sheet.pdf").write_bytes(pdf.run_engine(pdf.command(), html, pdf.TIMEOUT))
    engine = folder / pdf.ENGINE
    engine.write_text(_SCRIPT)
    engine.chmod(0o755)
