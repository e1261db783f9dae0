"""The words that a name is searched by."""

from __future__ import annotations

import pytest

from portal.domain import names


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Rosa  ÑAHUI Pérez", ("nahui", "perez", "rosa")),
        ("rosa rosa", ("rosa",)),
        ("José\u0301 D’Angelo", ("dangelo", "jose")),
        ("Dʼangelo d＇Angelo\u200b D´ANGELO", ("dangelo",)),
        ("Flores‑Quispe, M.", ("flores", "m", "quispe")),
        ("Flores-Quispe, M.", ("flores", "m", "quispe")),
        ("Weiß İnan", ("inan", "weiss")),
        ("  .' - ", ()),
    ],
)
def test_a_name_is_searched_without_accents_case_or_order(typed: str, words: tuple[str, ...]) -> None:
    assert names.words(typed) == words
