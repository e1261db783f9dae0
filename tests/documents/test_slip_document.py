"""The slip's PDF: all that is needed at the counter, on one sheet, without the internet."""

from datetime import date
from functools import cache

import pytest

from tests.documents import samples
from tests.documents.printing import flat, pages, printed, words
from tests.documents.samples import PRODUCTS

LONG = "Wilhelmina Encarnación de los Ángeles Montalvo-Fernández Que"


@cache
def usual(slug: str) -> bytes:
    return printed("slip", samples.slip_context(slug))


@pytest.mark.parametrize("slug", PRODUCTS)
def test_the_slip_says_what_to_pay_where_and_until_when(slug: str) -> None:
    product, text = samples.product(slug), words(usual(slug))
    plan = product.plan("plan-2")
    for fact in (
        "SP-2026-000519",
        "482 901 736",
        f"S/ {plan.total:,.2f}",
        f"Prima neta S/ {plan.net:,.2f} + IGV (18 %) S/ {plan.igv:,.2f}",
        "Agencia Cusco Centro",
        "Av. El Sol 457, Cusco",
        "Lunes a viernes de 9:00 a 18:00, sábado de 9:00 a 13:00. No atendemos los feriados.",
        "21/05/2026 10:40",
        "Jueves 21 de mayo de 2026, hora de Lima",
        "18/05/2026 10:40",
        product.name,
        plan.name,
        "Juana Rosa Mamani Condori",
        "C-2026-000731",
        "Todavía no es una póliza",
        f"{product.insurer.name}, RUC {product.insurer.ruc}, código SBS {product.insurer.sbs_code}",
    ):
        assert flat(fact) in text, fact


@pytest.mark.parametrize("slug", PRODUCTS)
def test_it_is_one_sheet(slug: str) -> None:
    assert len(pages(usual(slug))) == 1


def test_long_names_and_a_chosen_start_stay_on_the_sheet() -> None:
    holder = samples.person(names=LONG, paternal_surname="Huamanchumo-Villavicencio", maternal_surname="Ñaupari")
    pdf = printed("slip", samples.slip_context(holder=holder, insured=holder, chosen_start=date(2026, 6, 1)))
    assert len(pages(pdf)) == 1
    assert "o el 01/06/2026 si paga antes de ese día" in words(pdf)
