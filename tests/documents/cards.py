"""Cards for the family, as the portal makes them."""

from __future__ import annotations

from portal.integrations.pdf import render_pdf
from portal.integrations.pdf_sheets import Sheet
from portal.services.printing.rendering import check_letters
from tests.documents import samples

LONG = "Wilhelmina Encarnación de los Ángeles Montalvo-Fernández Que"
NAMES = ("Ana Ríos", "Juana Rosa Mamani Condori", f"{LONG} Huamanñahui", f"{LONG} {LONG} {LONG}")


def card(kind: str, sheet: Sheet, name: str = NAMES[1], **changed: str) -> bytes:
    words = {"number": "MA-2026-000184", "name": name, **samples.VERIFIED, **changed}
    html = samples.html_of(kind, words | {"support_phone": "(01) 500 0000"})
    check_letters(html)
    return render_pdf(
        html, title="Tarjeta de la póliza MA-2026-000184", number="MA-2026-000184", footer="", sheet=sheet
    )
