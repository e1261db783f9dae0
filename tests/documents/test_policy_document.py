"""The policy's PDF: every fact of it, for every product, and sheets that a person would want to hold."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from portal.models import Policy, PolicyBeneficiary
from tests.documents import samples
from tests.documents.printing import flat, fonts, heights, pages, printed, words
from tests.documents.samples import ACCIDENT, CANCER, FUNERAL, HOSPITAL, PRODUCTS

LONG = "Wilhelmina Encarnación de los Ángeles Montalvo-Fernández Que"


def people(count: int, contingents: int = 0) -> list[PolicyBeneficiary]:
    return samples.beneficiaries(count, contingents=contingents)


@cache
def usual(slug: str, plan: str = "plan-2", named: int = 2, contingents: int = 0) -> bytes:
    chosen = people(named, contingents) if slug == ACCIDENT else []
    return printed("policy", samples.policy_context(slug, plan, chosen))


@cache
def crowded() -> bytes:
    long = samples.person(names=LONG, paternal_surname=LONG, maternal_surname=LONG)
    named = samples.beneficiaries(7, contingents=3, names=LONG)
    return printed("policy", samples.policy_context(ACCIDENT, "plan-3", named, holder=long, insured=long))


@cache
def renewal(*, gap: bool) -> bytes:
    """Of the longest names, after a policy of the year before."""
    long = samples.person(names=LONG, paternal_surname=LONG, maternal_surname=LONG)
    context = samples.policy_context(CANCER, "plan-3", holder=long, insured=long)
    policy = context["policy"]
    ends_at = policy.starts_at - timedelta(days=5 if gap else 0)
    policy.renews = Policy(number="ON-2025-000021", ends_at=ends_at)
    policy.covered_since = None if gap else policy.starts_at - timedelta(days=365)
    return printed("policy", context)


@cache
def long_names(slug: str) -> bytes:
    long = samples.person(names=LONG, paternal_surname=LONG, maternal_surname=LONG)
    return printed("policy", samples.policy_context(slug, "plan-3", holder=long, insured=long))


EVERY_KIND: dict[str, Callable[[], bytes]] = {
    "no beneficiary": lambda: usual(ACCIDENT, "plan-1", 0),
    "one": lambda: usual(ACCIDENT, "plan-1", 1),
    "three of the largest plan": lambda: usual(ACCIDENT, "plan-3", 3),
    "ten": lambda: usual(ACCIDENT, "plan-2", 10),
    "two": lambda: usual(ACCIDENT, "plan-2", 2),
    "two of the largest plan": lambda: usual(ACCIDENT, "plan-3", 2),
    "six": lambda: usual(ACCIDENT, "plan-2", 6),
    "ten, with long names": crowded,
    "not payable on death": lambda: usual(HOSPITAL, "plan-1"),
    "not payable on death, largest plan": lambda: usual(HOSPITAL, "plan-3"),
    "a funeral": lambda: usual(FUNERAL, "plan-1"),
    "a funeral, largest plan": lambda: usual(FUNERAL, "plan-3"),
    "an illness, paid at once": lambda: usual(CANCER, "plan-1"),
    "an illness, paid at once, largest plan": lambda: usual(CANCER, "plan-3"),
}
TITLES = {
    "Contratante",
    "Persona asegurada",
    "Coberturas",
    "COBERTURA A QUIÉN SE PAGA SUMA ASEGURADA",
    "Beneficiarios",
    "Beneficiarios de reemplazo",
    "NOMBRE PARENTESCO DOCUMENTO PORCENTAJE",
    "Quién cobra",
    "Prima",
    "Aseguradora",
    "Quién se lo vende",
    "Exclusiones",
    "CONDICIONES GENERALES PÓLIZA MA-2026-000184",
}
every_kind = pytest.mark.parametrize("kind", EVERY_KIND)


@pytest.mark.parametrize("slug", PRODUCTS)
def test_the_policy_says_who_what_when_and_how_much(slug: str) -> None:
    product, plan, text = samples.product(slug), samples.product(slug).plan("plan-2"), words(usual(slug))
    for fact in (
        f"{product.code}-2026-000184",
        product.name,
        plan.name,
        "Juana Rosa Mamani Condori",
        "DNI 09876543",
        "02/11/1984",
        "Jr. Tacna 318, Sicuani, Canchis, Cusco",
        "18/05/2026 12:00 m.",
        "18/05/2027 12:00 m.",
        f"Prima neta {_soles(plan.net)}",
        f"IGV (18 %) {_soles(plan.igv)}",
        f"Prima anual pagada el 18/05/2026 {_soles(plan.total)}",
        "SP-2026-000518",
        "Banco Andino, tarjeta terminada en 4821",
        product.insurer.name,
        f"RUC {product.insurer.ruc}",
        product.insurer.sbs_code,
        product.sbs_registry_code,
        "Las coberturas son responsabilidad de la aseguradora",
        f"tiene {product.withdrawal_days} días desde que la recibe",
        product.draft_notice,
        samples.TYPED_AT,
    ):
        assert flat(fact) in text, fact


@pytest.mark.parametrize("slug", PRODUCTS)
def test_the_policy_says_all_that_the_law_asks_of_one_that_somebody_sells(slug: str) -> None:
    """Res. SBS 2829-2016, art. 8 and 18 (docs/rules.md, Policy)."""
    product, plan, text = samples.product(slug), samples.product(slug).plan("plan-2"), words(usual(slug))
    seller = product.seller
    assert seller is not None
    for fact in (
        f"{product.insurer.name}, RUC {product.insurer.ruc}, código SBS {product.insurer.sbs_code}",
        f"{seller.name} (MASSIV), RUC {seller.ruc}, {seller.address}",
        "vale como avisado, entregado o pagado a la aseguradora ese mismo día",
        f"una comisión de {seller.commission_percent:.0f} %: {_soles(seller.commission(plan.net))}",
        "Cómo pedir el pago",
        f"Un reclamo se responde en {product.limits.claims.complaint_days} días calendario como máximo",
        "Defensoría del Asegurado (DEFASEG)",
        "Indecopi",
        *(paper.name for coverage, _ in product.covered_by(plan) for paper in coverage.documents),
    ):
        assert flat(fact) in text, fact


def test_a_policy_sold_before_the_seller_was_asked_leaves_it_out() -> None:
    context = samples.policy_context(FUNERAL)
    text = words(printed("policy", context | {"product": replace(context["product"], seller=None)}))
    assert "comisión" not in text
    assert "Aseguradora" in text


@pytest.mark.parametrize("slug", PRODUCTS)
@pytest.mark.parametrize("plan", ["plan-1", "plan-3"])
def test_coverages_are_those_of_the_plan_with_sum_and_payee(slug: str, plan: str) -> None:
    product, text = samples.product(slug), words(usual(slug, plan))
    particulars = text[text.index("Cobertura") : text.index("Condiciones generales".upper())]
    for coverage in product.coverages:
        benefit = product.plan(plan).benefit(coverage.code)
        row = f"{coverage.name} {coverage.payee} "
        assert (row in particulars) is (benefit is not None)
        if benefit:
            assert f"{row}{_soles(benefit.amount)}" in particulars
            assert (benefit.per or "") in particulars


@pytest.mark.parametrize("slug", PRODUCTS)
def test_exclusions_and_conditions_are_printed_in_full(slug: str) -> None:
    product, text = samples.product(slug), words(usual(slug))
    for exclusion in product.exclusions:
        assert text.count(flat(exclusion)) == 1, "in its condition alone"
    assert f"No pagamos en {len(product.exclusions)} casos." in text
    for condition in product.conditions:
        assert f"{condition.number}. {condition.title}" in text
        for paragraph in condition.paragraphs:
            assert flat(paragraph) in text
        for listing in condition.listings:
            for item in listing.items:
                assert flat(item) in text, item


def test_claim_documents_stand_under_their_coverage() -> None:
    text = words(usual(ACCIDENT))
    claim = text[text.rindex("Cómo pedir el pago") :]
    assert claim.index("Protocolo de necropsia completo") < claim.index("Gastos de sepelio")
    assert claim.index("Gastos de sepelio") < claim.index("Boletas o facturas del sepelio")


@pytest.mark.parametrize("slug", PRODUCTS)
def test_the_first_sheet_alone_tells_what_matters(slug: str) -> None:
    product, sheet = samples.product(slug), flat(pages(usual(slug))[0])
    for coverage, benefit in product.covered_by(product.plan("plan-2")):
        assert f"S/ {benefit.amount:,.0f} {coverage.plain}." in sheet
    for line in product.does_not_pay:
        assert flat(line) in sheet
    for fact in (product.headline.upper(), "Cómo pedir el pago", "(01) 500 0000", "Apunte su cámara"):
        assert fact in sheet
    assert "CONDICIONES PARTICULARES" not in sheet


def test_beneficiaries_are_printed_with_share_relation_and_representative() -> None:
    text = words(usual(ACCIDENT, "plan-2", 2, 1))
    assert "Rosa Elvira Condori FloresA" in text
    assert "Esposo(a) o conviviente DNI 09451200 50 %" in text
    assert "Nacimiento 04/03/2015. Cobra en su nombre: Teresa Quispe Huamán" in text
    assert "Hijo o hija No indicado 50 %" in text
    first, second = text.index("Total 100 %"), text.rindex("Total 100 %")
    assert first < text.index("Beneficiarios de reemplazo") < text.index("Rosa Elvira Condori FloresC") < second


def test_without_beneficiaries_the_legal_heirs_are_named() -> None:
    text = words(usual(ACCIDENT, "plan-1", 0))
    assert "Herederos legales. No se nombró a ningún beneficiario" in text
    assert "Porcentaje".upper() not in text


@pytest.mark.parametrize("slug", [HOSPITAL, CANCER])
def test_a_policy_not_payable_on_death_says_that_the_insured_is_paid(slug: str) -> None:
    text = words(usual(slug))
    assert "QUIÉN COBRA La persona asegurada" in flat(pages(usual(slug))[0])
    assert "Cobra la persona asegurada: Juana Rosa Mamani Condori." in text
    assert "Herederos legales. No" not in text


def test_a_funeral_policy_says_that_whoever_spent_is_paid() -> None:
    text = words(usual(FUNERAL))
    assert "QUIÉN COBRA Quien pagó los gastos" in flat(pages(usual(FUNERAL))[0])
    assert "Cobra quien pagó los gastos y muestra las boletas o facturas a su nombre." in text
    assert "Cobra la persona asegurada" not in text
    assert "Herederos legales. No" not in text


@pytest.mark.parametrize(("slug", "day"), [(HOSPITAL, "17/06/2026"), (FUNERAL, "17/07/2026"), (CANCER, "16/08/2026")])
def test_the_first_sheet_says_until_when_the_first_year_waits(slug: str, day: str) -> None:
    waiting = samples.product(slug).waiting
    assert waiting is not None
    assert f"no se paga {waiting.event} antes del mediodía del {day}." in flat(pages(usual(slug))[0])


def test_a_renewal_names_the_policy_before_and_waits_no_more() -> None:
    first, second = pages(renewal(gap=False))[:2]
    assert second.startswith("CONDICIONES PARTICULARES")
    assert "Renueva la póliza ON-2025-000021. Sigue sin un día de vacío" in flat(second)
    assert "Período de espera" not in flat(first)


def test_a_renewal_after_its_end_says_the_days_without_cover() -> None:
    first, second = pages(renewal(gap=True))[:2]
    assert second.startswith("CONDICIONES PARTICULARES")
    assert "Esa póliza terminó el 13/05/2026. Desde entonces hasta el mediodía del 18/05/2026" in flat(second)
    assert "Período de espera" in flat(first)


def test_a_product_that_does_not_wait_says_nothing_of_it() -> None:
    assert "Período de espera" not in words(usual(ACCIDENT))


@pytest.mark.parametrize(("kind", "context"), [("policy", samples.policy_context), ("quote", samples.quote_context)])
def test_everything_that_a_document_shows_is_inside_it(kind: str, context: Callable[[], dict[str, Any]]) -> None:
    html = samples.html_of(kind, context())
    assert all(source.startswith("data:image/") for source in re.findall(r'(?:src|data)="([^"]*)"', html))
    assert set(re.findall(r'<(\w+) [^>]*href="', html)) <= {"a"}  # a link is followed by its reader alone
    assert "url(" not in html
    assert "@import" not in html


def test_typed_markup_stays_text() -> None:
    typed = '<b>Mz. B</b> & "Lote" <script>5</script> {{ 7*7 }}'
    context = samples.policy_context() | {"address": typed}
    assert flat(typed) in words(printed("policy", context))


def test_it_claims_nothing_that_does_not_exist() -> None:
    text = words(usual(ACCIDENT)).lower()
    for absent in ("firmado digitalmente", "libro de reclamaciones", "whatsapp", "señora", "none", "undefined"):
        assert absent not in text


@every_kind
def test_every_sheet_is_numbered(kind: str) -> None:
    sheets = pages(EVERY_KIND[kind]())
    for number, sheet in enumerate(sheets, start=1):
        assert flat(sheet).endswith(f"Póliza MA-2026-000184 · Emitida el 18/05/2026 Página {number} de {len(sheets)}")


@every_kind
def test_no_sheet_is_half_empty(kind: str) -> None:
    sheets = heights(EVERY_KIND[kind]())
    assert 5 <= len(sheets) <= 8
    assert min(sheets) > 0.5


@every_kind
def test_no_title_is_left_alone_at_the_foot_of_a_sheet(kind: str) -> None:
    for sheet in pages(EVERY_KIND[kind]()):
        last = re.sub(r"\s*Póliza \S+ · Emitida.*", "", sheet, flags=re.S).strip().splitlines()[-1]
        assert last not in TITLES
        assert not re.match(r"\d+\. \w", last), "a condition's title without its text"


@every_kind
def test_the_first_sheet_never_runs_over(kind: str) -> None:
    first, second = pages(EVERY_KIND[kind]())[:2]
    assert "vale lo que dicen las condiciones que siguen" in flat(first)
    assert second.startswith("CONDICIONES PARTICULARES")


def test_the_text_is_real_and_the_file_small() -> None:
    made = usual(ACCIDENT)
    # A name in another alphabet may bring a font of the system; this policy has none.
    assert {line.split()[0] for line in fonts(made).splitlines()[2:]} == {"FigtreePDF-Regular", "FigtreePDF-Bold"}
    assert len(made) < 150_000


@pytest.mark.parametrize("slug", [HOSPITAL, FUNERAL, CANCER])
def test_the_longest_names_leave_room_for_the_waiting_on_the_first_sheet(slug: str) -> None:
    first, second = pages(long_names(slug))[:2]
    assert "Período de espera" in flat(first)
    assert "vale lo que dicen las condiciones que siguen" in flat(first)
    assert second.startswith("CONDICIONES PARTICULARES")


def _soles(amount: object) -> str:
    return f"S/ {amount:,.2f}"
