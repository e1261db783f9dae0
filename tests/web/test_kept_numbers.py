"""Numbers that stay on one line in notices and lists."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from portal.web.filters import keep_all_numbers, keep_numbers


@pytest.mark.parametrize(
    ("said", "html"),
    [
        ("Recibo RC-2026-000001. Listo.", 'Recibo <span class="nb">RC-2026-000001</span>. Listo.'),
        ("Su correo es <b>a@b.pe</b>", "Su correo es &lt;b&gt;a@b.pe&lt;/b&gt;"),
        ("Pague con el código 588 250 456.", 'Pague con el código <span class="nb">588 250 456</span>.'),
        ("Hasta el 25/11/2026", "Hasta el 25/11/2026"),
        (Markup("Su póliza <b>{}</b>").format("<MA>"), "Su póliza <b>&lt;MA&gt;</b>"),
    ],
)
def test_a_number_is_kept_together_and_everything_else_is_text(said: str, html: str) -> None:
    assert keep_numbers(said) == html


def test_in_a_document_each_number_that_is_read_is_kept_together_and_no_tag_is_touched() -> None:
    number = "RC-2026-000001"
    asked = Markup(f'<a href="/recibos/{number}" title="{number}">Recibo <b>{number}</b></a>')
    kept = f'<a href="/recibos/{number}" title="{number}">Recibo <b><span class="nb">{number}</span></b></a>'
    assert keep_all_numbers(asked) == kept
