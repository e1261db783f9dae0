"""The letter that answers a claim: one person's, one sheet, in words that people understand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from portal.domain.claim import ClaimEventKind
from portal.models import ClaimEvent
from portal.services.printing.contents.claim_letter import words_of
from tests.documents import samples
from tests.documents.printing import flat, pages, printed, words
from tests.documents.samples import HOSPITAL, TYPED_AT
from tests.readability import inflesz, of_html

LEGAL = 65  # INFLESZ, B24


def context(pay_by: date | None = date(2026, 6, 7), **of_award: Any) -> dict[str, Any]:
    product = samples.product(HOSPITAL)
    with samples.application().app_context():
        made = words_of(samples.award(**of_award), product, product.plan("plan-2"), pay_by)
    return made | {"support_phone": "(01) 500 0000"}


def test_an_approval_says_how_much_until_when_and_how_it_was_counted() -> None:
    made = printed("claim_letter", context())
    assert len(pages(made)) == 1
    text = words(made)
    for fact in (
        "SIN-2026-000012",
        "Aprobamos su pedido",
        "420.00",
        "07/06/2026",
        "S/ 70.00 × 6 días",
        "Usted elige",
        TYPED_AT,
    ):
        assert flat(fact.replace("S/ ", "S/\xa0")) in text or fact in text, fact
    assert "DEFASEG" not in text


def test_a_part_says_only_its_own_share() -> None:
    text = words(printed("claim_letter", context(share="105.00")))
    assert "25 %" in text
    assert "105.00" in text


def test_a_rejection_has_the_fact_the_condition_word_by_word_and_where_to_go() -> None:
    made = printed("claim_letter", context(pay_by=None, rejected=True))
    assert len(pages(made)) == 1
    text = words(made)
    condition = samples.product(HOSPITAL).exclusions[2]
    facts = ("salió el mismo día", f"«{condition}»", "Pídanos que se revise", "reclamo", "DEFASEG", "defaseg.com.pe")
    for fact in (*facts, "27/06/2026", "2 años", "15 días"):
        assert flat(fact) in text, fact


def test_its_words_are_easy_enough() -> None:
    for made in (context(), context(pay_by=None, rejected=True)):
        read = of_html(samples.html_of("claim_letter", made))
        assert inflesz(read) >= LEGAL


def test_what_was_typed_stays_text() -> None:
    made = context(pay_by=None, rejected=True, names="<b>Rosa</b>")
    assert flat("<b>Rosa</b>") in words(printed("claim_letter", made))


def test_a_death_is_answered_with_sympathy_and_no_word_of_an_insurance_that_goes_on() -> None:
    for made in (context(), context(pay_by=None, rejected=True)):
        death = made | {"coverage": replace(made["coverage"], on_death=True)}
        assert "Sentimos mucho lo que pasó." not in words(printed("claim_letter", made))
        text = words(printed("claim_letter", death))
        assert "Sentimos mucho lo que pasó. Recibimos el aviso" in text
        assert "Lo que sigue igual" not in text


def test_who_was_told_of_as_dead_and_lives_reads_that_the_insurance_goes_on() -> None:
    made = context(pay_by=None, rejected=True)
    made["claim"].events.append(ClaimEvent(kind=ClaimEventKind.LIVES))
    text = words(printed("claim_letter", made | {"coverage": replace(made["coverage"], on_death=True)}))
    assert "Sentimos" not in text
    assert "Lo que sigue igual" in text
