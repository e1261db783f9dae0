"""The letter that answers a review: what was said and found, and what follows, in words that people understand."""

from __future__ import annotations

from typing import Any

from portal.services.printing.contents.appeal_letter import words_of
from tests.documents import samples
from tests.documents.printing import flat, pages, printed, words
from tests.documents.samples import HOSPITAL, TYPED_AT
from tests.readability import inflesz, of_html

LEGAL = 65  # INFLESZ, B24
SECOND = "SIN-2026-000031"


def context(second: str | None = None, **of_party: Any) -> dict[str, Any]:
    with samples.application().app_context():
        made = words_of(samples.appeal(**of_party), samples.product(HOSPITAL), second)
    return made | {"support_phone": "(01) 500 0000"}


def test_one_that_changes_nothing_says_why_and_where_else_to_go() -> None:
    made = printed("appeal_letter", context())
    assert len(pages(made)) == 1
    text = words(made)
    facts = ("RV-2026-000003", "La respuesta no cambia", "SIN-2026-000012", "hay dos testigos", "Leímos el parte")
    for fact in (*facts, "01/06/2026", "05/06/2026", "reclamo", "15 días", "DEFASEG", "2 años", "Indecopi"):
        assert flat(fact) in text, fact
    assert "Qué sigue" not in text


def test_one_upheld_names_the_second_claim_and_what_follows() -> None:
    made = printed("appeal_letter", context(SECOND))
    assert len(pages(made)) == 1
    text = words(made)
    for fact in ("Vemos otra vez su caso", SECOND, "No envíe de nuevo", "20 días", TYPED_AT):
        assert flat(fact) in text, fact
    assert "DEFASEG" not in text


def test_its_words_are_easy_enough() -> None:
    for made in (context(), context(SECOND)):
        assert inflesz(of_html(samples.html_of("appeal_letter", made))) >= LEGAL


def test_what_was_typed_stays_text() -> None:
    assert flat("<b>Rosa</b>") in words(printed("appeal_letter", context(names="<b>Rosa</b>")))
