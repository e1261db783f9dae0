"""What was published before products said what claims need goes on being read, by what its own words mean."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from portal.domain.catalogue import ClaimRegime, Computes, DocumentOf, Measure, Payee, parse_product

SOLD = json.loads((Path(__file__).parent / "sold_before_claims.json").read_text(encoding="utf-8"))
PRODUCTS = {slug: parse_product(content) for slug, content in SOLD.items()}
LIFE, HOSPITAL = PRODUCTS["muerte-accidental"], PRODUCTS["renta-hospitalaria"]
FUNERAL, CANCER = PRODUCTS["sepelio"], PRODUCTS["oncologico"]

each_product = pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)


@each_product
def test_it_is_a_microinsurance_and_its_conditions_keep_the_numbers_that_they_were_sold_with(product):
    assert product.claim_regime is ClaimRegime.MICROINSURANCE
    assert product.insurer.notices_email is None
    text = "\n".join(paragraph for condition in product.conditions for paragraph in condition.paragraphs)
    assert "tiene 30 días calendario para aprobar o rechazar por escrito" in text
    assert "(DEFASEG) dentro de los 180 días siguientes" in text
    assert "{" not in text


@each_product
def test_every_paper_has_a_code_of_its_own_and_is_handed_in_once_with_the_claim(product):
    papers = [paper for coverage in product.coverages for paper in coverage.documents]
    assert all(paper.code and paper.of is DocumentOf.CLAIM for paper in papers)
    assert len({paper.code for paper in papers}) == len({paper.name for paper in papers})


def test_the_same_paper_has_one_code_made_of_its_name():
    codes = {coverage.code: {paper.code for paper in coverage.documents} for coverage in LIFE.coverages}
    assert "acta-de-defuncion" in codes["muerte-accidental"] & codes["gastos-sepelio"]


@each_product
def test_an_exclusion_is_its_own_short_text_and_touches_every_coverage(product):
    assert product.exclusions == tuple(SOLD[product.slug]["exclusions"])
    assert all(one.touches(coverage.code) for one in product.excluded for coverage in product.coverages)


@pytest.mark.parametrize(
    ("product", "coverage", "plan", "computes", "measure"),
    [
        (LIFE, "muerte-accidental", "plan-1", Computes.FIXED, Measure()),
        (LIFE, "gastos-sepelio", "plan-2", Computes.REIMBURSEMENT, Measure()),
        (LIFE, "canasta-familiar", "plan-3", Computes.PER_MONTH, Measure(months=6)),
        (HOSPITAL, "renta-diaria", "plan-1", Computes.PER_DAY, Measure(days=30)),
        (HOSPITAL, "renta-uci", "plan-2", Computes.PER_DAY, Measure(days=10)),
        (HOSPITAL, "cirugia", "plan-1", Computes.FIXED, Measure(times=1)),
        (FUNERAL, "gastos-sepelio", "plan-1", Computes.REIMBURSEMENT, Measure()),
        (CANCER, "primer-diagnostico", "plan-1", Computes.FIXED, Measure(times=1)),
    ],
)
def test_how_a_coverage_is_computed_is_read_from_what_its_plans_say(product, coverage, plan, computes, measure):
    assert product.coverage(coverage).computes is computes
    assert product.plan(plan).benefit(coverage).measure == measure


@pytest.mark.parametrize(
    ("product", "waits", "accident_exempt"),
    [(LIFE, False, False), (HOSPITAL, True, True), (FUNERAL, True, True), (CANCER, True, False)],
)
def test_a_coverage_waits_and_exempts_accidents_as_its_product_does(product, waits, accident_exempt):
    assert {(one.waits, one.accident_exempt) for one in product.coverages} == {(waits, accident_exempt)}


def test_the_day_of_a_death_is_asked_for_as_such():
    assert LIFE.coverage("muerte-accidental").event_date_label == "Día en que falleció"
    assert HOSPITAL.coverage("renta-diaria").event_date_label == "Día en que ocurrió"


def test_a_coverage_that_never_said_that_it_reimburses_pays_who_was_named():
    content = deepcopy(SOLD["muerte-accidental"])
    for coverage in content["coverages"]:
        coverage.pop("reimburses", None)
    assert parse_product(content).coverage("gastos-sepelio").paid_to is Payee.BENEFICIARIES
