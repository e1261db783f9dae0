"""The quote's PDF: what it would cost and pay, on two full sheets."""

from datetime import date
from functools import cache

import pytest

from tests.documents import samples
from tests.documents.printing import flat, heights, pages, printed, words
from tests.documents.samples import ACCIDENT, CANCER, PRODUCTS

LONG = "Wilhelmina Encarnación de los Ángeles Montalvo-Fernández Que"


@cache
def usual(slug: str, plan: str = "plan-2") -> bytes:
    return printed("quote", samples.quote_context(slug, plan))


@pytest.mark.parametrize("slug", PRODUCTS)
def test_the_quote_says_who_what_how_much_and_until_when(slug: str) -> None:
    product, plan, text = samples.product(slug), samples.product(slug).plan("plan-2"), words(usual(slug))
    for fact in (
        "C-2026-000731",
        product.name,
        plan.name,
        "Juana Rosa Mamani Condori",
        "Jr. Tacna 318, Sicuani, Canchis, Cusco",
        f"S/ {plan.total:,.2f}",
        f"Prima neta S/ {plan.net:,.2f} + IGV (18 %) S/ {plan.igv:,.2f}",
        "02/06/2026 23:59",
        "18/05/2026 09:30",
        "Todavía no es una póliza",
        f"{product.insurer.name}, RUC {product.insurer.ruc}, código SBS {product.insurer.sbs_code}",
        product.sbs_registry_code,
        product.draft_notice,
    ):
        assert flat(fact) in text, fact
    for coverage, benefit in product.covered_by(plan):
        assert f"{coverage.name} {coverage.payee} S/ {benefit.amount:,.2f}" in text
    for line in (*product.does_not_pay, *product.exclusions):
        assert flat(line) in text


def test_the_waiting_is_said_in_days_because_the_start_is_not_known_yet() -> None:
    assert "no se paga el cáncer que se diagnostique en los primeros 90 días." in words(usual(CANCER))


def test_a_chosen_start_is_said_with_its_condition() -> None:
    text = words(printed("quote", samples.quote_context(chosen_start=date(2026, 6, 1))))
    assert "EMPEZARÍA 01/06/2026 12:00 m., si lo paga antes" in text.replace("Empezaría", "EMPEZARÍA")
    assert "El mediodía siguiente al pago" in words(usual(ACCIDENT))


def test_typed_markup_stays_text() -> None:
    typed = '<b>Mz. B</b> & "Lote" <script>5</script>'
    assert flat(typed) in words(printed("quote", samples.quote_context() | {"address": typed}))


@pytest.mark.parametrize("slug", PRODUCTS)
@pytest.mark.parametrize("plan", ["plan-1", "plan-2", "plan-3"])
def test_the_quote_fills_two_sheets(slug: str, plan: str) -> None:
    first, second = heights(usual(slug, plan))
    assert first > 0.75
    assert second > 0.6


def test_long_names_do_not_break_the_sheets() -> None:
    long = samples.person(names=LONG, paternal_surname=LONG, maternal_surname=LONG)
    made = printed("quote", samples.quote_context(ACCIDENT, "plan-3", holder=long))
    assert len(pages(made)) == 2
    assert flat(f"{LONG} {LONG} {LONG}") in words(made)
