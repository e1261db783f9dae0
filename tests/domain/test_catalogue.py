"""The catalogue that is on sale: what each file promises, and that its conditions agree with it."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from portal.domain.catalogue import Payee, Product, UnknownCoverage, UnknownPlan, load_files, parse_product
from portal.domain.clock import LIMA

FOLDER = Path(__file__).parents[2] / "portal" / "catalogue"
FILES = dict(load_files(FOLDER))
PRODUCTS = {slug: parse_product(data) for slug, data in FILES.items()}
LIFE = PRODUCTS["muerte-accidental"]
HOSPITAL = PRODUCTS["renta-hospitalaria"]
FUNERAL = PRODUCTS["sepelio"]
CANCER = PRODUCTS["oncologico"]

each_product = pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
each_waiting = pytest.mark.parametrize("product", [HOSPITAL, FUNERAL, CANCER], ids=lambda product: product.slug)


def everything_said(product: Product) -> str:
    """The general conditions as one text."""
    texts = []
    for condition in product.conditions:
        texts += [condition.title, *condition.paragraphs]
        for listing in condition.listings:
            texts += [listing.heading or "", *listing.items]
    return "\n".join(texts)


def test_four_products_are_on_sale():
    assert set(PRODUCTS) == {"muerte-accidental", "oncologico", "renta-hospitalaria", "sepelio"}


def test_codes_and_registry_codes_are_each_products_own():
    assert len({product.code for product in PRODUCTS.values()}) == len(PRODUCTS)
    assert len({product.sbs_registry_code for product in PRODUCTS.values()}) == len(PRODUCTS)


@pytest.mark.parametrize("slug", FILES)
def test_stored_as_json_a_product_reads_the_same(slug):
    assert parse_product(json.loads(json.dumps(FILES[slug]))) == PRODUCTS[slug]


@each_product
def test_a_product_has_what_the_law_and_the_house_ask(product):
    assert len(product.plans) >= 3
    assert len(product.exclusions) >= 10
    assert sum(condition.words for condition in product.conditions) >= 800
    assert all(plan.total / 12 <= Decimal("33.00") for plan in product.plans)
    assert all(coverage.documents for coverage in product.coverages)
    assert "borrador, pendiente de asesoría legal" in product.draft_notice


@each_product
def test_net_premium_and_igv_add_up_to_the_published_price(product):
    for plan in product.plans:
        assert plan.net + plan.igv == plan.total
        assert abs(plan.igv - plan.net * product.limits.igv_percent / 100) <= Decimal("0.01")


def test_plan_2_costs_what_the_owner_says_with_its_igv_split_half_up():
    plan = LIFE.plan("plan-2")
    assert (plan.total, plan.net, plan.igv) == (Decimal("72.92"), Decimal("61.80"), Decimal("11.12"))
    assert plan.per_day == Decimal("0.20")


@each_product
def test_conditions_carry_every_coverage_with_its_definition_payee_and_plans(product):
    text = everything_said(product)
    for coverage in product.coverages:
        plans = [plan.name for plan in product.plans if plan.benefit(coverage.code)]
        included = "todos los planes" if len(plans) == len(product.plans) else plans[-1]
        (line,) = [line for line in text.splitlines() if line.startswith(f"{coverage.name}. ")]
        assert coverage.definition in line
        assert f"Quién cobra: {coverage.payee}." in line
        assert line.endswith(f"{included}.")


@each_product
def test_conditions_carry_every_exclusion_and_every_document(product):
    text = everything_said(product)
    for exclusion in product.exclusions:
        assert exclusion in text
    headings = [listing.heading for condition in product.conditions for listing in condition.listings]
    for coverage in product.coverages:
        assert coverage.name in headings
        for document in coverage.documents:
            assert (f"{document.name}, {document.when}." if document.when else f"{document.name}.") in text


@each_product
def test_conditions_carry_the_products_numbers_and_leave_no_braces(product):
    text = everything_said(product)
    insurer = product.insurer
    assert "{" not in text
    assert f"{insurer.name}, con RUC {insurer.ruc} y código SBS {insurer.sbs_code}" in text
    assert product.sbs_registry_code in text
    assert f"Personas de {product.min_age} a {product.max_age} años cumplidos" in text
    assert f"Tiene {product.withdrawal_days} días, contados desde que recibe la póliza" in text
    assert f"hasta {product.active_policies_per_insured} pólizas activas de este seguro." in text
    assert "ya incluye el IGV (18\xa0%)" in text


@each_product
@pytest.mark.parametrize(
    "promise",
    [
        "Las coberturas son responsabilidad de la aseguradora.",
        "tiene 20 días calendario para decidir y pagar. Nada detiene ese plazo.",
        "intereses de 1.5 veces la tasa activa promedio",
        "No le exigimos documentos que no están en la lista.",
        "puede pedir que se revise dentro de los 30 días siguientes",
        "dentro de 7 días de saberlo; avisar tarde, por sí solo, no hace perder ningún derecho",
        "herederos legales",
        "Un reclamo se responde en 15 días calendario como máximo, y una consulta, en 15 días hábiles.",
        "(DEFASEG) dentro de los 2 años siguientes: consulte el plazo vigente en defaseg.com.pe",
        "Ley 29733",
        "Si empieza un 29 de febrero, termina el 28 de febrero.",
    ],
)
def test_conditions_keep_what_the_law_gives_to_the_insured(product, promise):
    assert promise in everything_said(product)


@each_product
def test_conditions_say_what_is_returned_of_one_that_may_be_ended_at_any_time(product):
    formula = "prima pagada × días completos que faltan ÷ días de toda la vigencia"
    assert (formula in everything_said(product)) == product.ends_without_cause
    assert ("No se puede terminar antes" in everything_said(product)) != product.ends_without_cause


@each_product
def test_conditions_are_numbered_from_one(product):
    assert [condition.number for condition in product.conditions] == list(range(1, len(product.clauses) + 1))


def test_only_a_product_that_pays_people_named_in_advance_asks_for_beneficiaries():
    assert [slug for slug, product in PRODUCTS.items() if product.has_beneficiaries] == ["muerte-accidental"]


def test_a_funeral_is_paid_to_whoever_spent_though_death_is_what_makes_it_payable():
    assert all(coverage.on_death for coverage in FUNERAL.coverages)
    assert (FUNERAL.pays_spender, FUNERAL.pays_insured) == (True, False)
    assert {coverage.payee for coverage in FUNERAL.coverages} == {"Quien pagó los gastos"}
    assert LIFE.coverage("gastos-sepelio").paid_to is Payee.SPENDER


@pytest.mark.parametrize("product", [HOSPITAL, CANCER], ids=lambda product: product.slug)
def test_an_illness_is_paid_to_the_insured(product):
    assert (product.pays_spender, product.pays_insured) == (False, True)
    assert {coverage.payee for coverage in product.coverages} == {"Persona asegurada"}


def test_what_a_funeral_returns_says_that_its_sum_is_the_most():
    for plan in FUNERAL.plans:
        for coverage, benefit in FUNERAL.covered_by(plan):
            assert benefit.per == "suma máxima"
            assert coverage.plain.startswith("como máximo")


@each_waiting
def test_the_days_of_waiting_stand_in_the_conditions_too(product):
    text = everything_said(product)
    assert f"{product.waiting.days} días" in text
    assert f"desde el día {product.waiting.days + 1}" in text.lower()
    assert "ya no se espera otra" in text


def test_accidental_death_does_not_wait():
    assert LIFE.waiting is None


def test_a_waiting_of_30_days_ends_at_the_hour_of_the_start():
    starts_at = datetime(2026, 11, 23, 12, 0, tzinfo=LIMA)
    assert HOSPITAL.waiting is not None
    assert HOSPITAL.waiting.ends(starts_at) == datetime(2026, 12, 23, 12, 0, tzinfo=LIMA)


def test_an_accidental_death_claim_asks_for_the_papers_that_a_large_insurer_asks():
    documents = {document.name: document.when for document in LIFE.coverage("muerte-accidental").documents}
    assert {"Certificado médico de defunción", "Acta de defunción", "Protocolo de necropsia completo"} <= set(documents)
    assert documents["Prueba de alcohol en la sangre"] == "si conducía un vehículo"
    assert documents["Sucesión intestada o testamento"] == "si no nombró beneficiarios"
    assert documents["DNI de cada beneficiario o heredero que cobra"] is None


def test_a_plan_pays_only_for_its_own_coverages():
    plan_1, plan_3 = LIFE.plan("plan-1"), LIFE.plan("plan-3")
    assert plan_1.benefit("gastos-sepelio") is None
    assert [coverage.code for coverage, _ in LIFE.covered_by(plan_1)] == ["muerte-accidental", "invalidez-total"]
    assert [benefit.amount for _, benefit in LIFE.covered_by(plan_3)] == [30000, 30000, 3000, 500]
    monthly = plan_3.benefit("canasta-familiar")
    assert monthly is not None
    assert monthly.per == "cada mes, por 6 meses"


def test_the_large_figure_is_the_headline_coverages_sum():
    assert LIFE.headline_sum(LIFE.plan("plan-2")) == 20000
    assert HOSPITAL.headline_sum(HOSPITAL.plan("plan-1")) == 40
    assert LIFE.from_price == Decimal("36.46")


def test_another_products_plan_has_no_headline_sum():
    with pytest.raises(UnknownCoverage, match="muerte-accidental"):
        LIFE.headline_sum(HOSPITAL.plan("plan-1"))


def test_unknown_codes_are_lookup_errors_that_name_them():
    with pytest.raises(UnknownPlan, match="plan-9"):
        LIFE.plan("plan-9")
    with pytest.raises(UnknownCoverage, match="granizo"):
        LIFE.coverage("granizo")


@pytest.mark.parametrize(
    ("birth_date", "on", "allowed"),
    [
        (date(2008, 11, 2), date(2026, 11, 1), False),  # 18 tomorrow
        (date(2008, 11, 1), date(2026, 11, 1), True),  # 18 today
        (date(1960, 11, 2), date(2026, 11, 1), True),  # 66 tomorrow
        (date(1960, 11, 1), date(2026, 11, 1), False),  # 66 today
    ],
)
def test_both_age_limits_are_included(birth_date, on, allowed):
    assert LIFE.age_allowed(birth_date, on) is allowed


def test_what_was_sold_before_the_seller_was_asked_has_none() -> None:
    older = {key: value for key, value in FILES["sepelio"].items() if key not in {"seller", "commission_percent"}}
    assert parse_product(older).seller is None


def test_a_commission_is_a_part_of_the_net_premium_to_the_cent() -> None:
    seller = LIFE.seller
    assert seller is not None
    assert seller.commission(Decimal("61.80")) == Decimal("12.36")
    assert seller.commission(Decimal("0.13")) == Decimal("0.03")
