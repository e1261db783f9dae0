"""What the products on sale say of their claims: whom each paper is asked of, and how each coverage is computed."""

from pathlib import Path

import pytest

from portal.domain.catalogue import (
    ClaimLimits,
    ClaimRegime,
    Computes,
    DocumentOf,
    Measure,
    Payee,
    load_files,
    parse_product,
    payee_types,
)

PRODUCTS = {slug: parse_product(data) for slug, data in load_files(Path(__file__).parents[2] / "portal" / "catalogue")}
LIFE, HOSPITAL, FUNERAL = PRODUCTS["muerte-accidental"], PRODUCTS["renta-hospitalaria"], PRODUCTS["sepelio"]
COVERAGES = [(product, coverage) for product in PRODUCTS.values() for coverage in product.coverages]

each_product = pytest.mark.parametrize("product", PRODUCTS.values(), ids=PRODUCTS)
each_coverage = pytest.mark.parametrize(
    ("product", "coverage"), COVERAGES, ids=[f"{product.slug} {coverage.code}" for product, coverage in COVERAGES]
)


@each_product
def test_all_that_is_on_sale_has_the_clock_of_microinsurance_and_somewhere_to_tell_a_death(product):
    assert product.claim_regime is ClaimRegime.MICROINSURANCE
    assert product.limits.claims == ClaimLimits()  # what an older version is read with is what the file says
    assert "@" in product.insurer.notices_email


@each_coverage
def test_a_coverage_says_what_happened_and_whose_day_is_asked_for(product, coverage):
    assert coverage.event != coverage.name
    assert coverage.event_date_label.startswith("Día ")
    assert coverage.waits is (product.waiting is not None)
    assert coverage.accident_exempt is bool(product.waiting and product.waiting.exempt)


@each_product
def test_what_a_plan_pays_by_day_by_month_or_once_is_a_number_that_its_text_says(product):
    for plan in product.plans:
        for coverage, benefit in product.covered_by(plan):
            said = benefit.per or ""
            assert ("por día" in said) is bool(benefit.measure.days) is (coverage.computes is Computes.PER_DAY)
            assert ("cada mes" in said) is bool(benefit.measure.months) is (coverage.computes is Computes.PER_MONTH)
            assert said.startswith("una ") is bool(benefit.measure.times)
    intensive = HOSPITAL.plan("plan-2").benefit("renta-uci")
    assert intensive is not None
    assert intensive.measure == Measure(days=10)


@each_coverage
def test_every_paper_says_what_it_is_and_all_but_the_registration_where_it_is_had(product, coverage):
    for paper in coverage.documents:
        assert paper.what
        assert paper.by_registering or paper.where
        assert not paper.original  # the conditions take photos that can be read


@each_coverage
def test_registering_is_the_first_paper_and_no_person_has_to_print_one(product, coverage):
    assert [paper.code for paper in coverage.documents if paper.by_registering] == ["solicitud"]
    assert coverage.documents[0].code == "solicitud"


@pytest.mark.parametrize("code", ["muerte-accidental", "canasta-familiar"])
@pytest.mark.parametrize(
    ("who", "papers"),
    [
        (payee_types(is_minor=False, is_heir=False), ["dni-beneficiario"]),
        (payee_types(is_minor=False, is_heir=True), ["dni-beneficiario"]),
        (payee_types(is_minor=True, is_heir=False), ["partida-menor", "dni-representante", "nombramiento-tutor"]),
        (payee_types(is_minor=True, is_heir=True), ["partida-menor", "dni-representante", "nombramiento-tutor"]),
    ],
)
def test_each_person_who_is_paid_for_a_death_brings_papers_of_their_own(code, who, papers):
    coverage = LIFE.coverage(code)
    assert [paper.code for paper in coverage.documents_of_person(who)] == papers
    heirs_paper = {paper.code: paper for paper in coverage.claim_documents}["sucesion"]
    assert heirs_paper.is_for(who) is (who in (payee_types(is_minor=minor, is_heir=True) for minor in (True, False)))
    assert not heirs_paper.is_conditional


@each_coverage
def test_only_a_paper_with_a_case_waits_for_it(product, coverage):
    conditional = [paper for paper in coverage.documents if paper.is_conditional]
    assert all(paper.case and paper.when and paper.when.startswith("si ") for paper in conditional)
    assert all(paper.payee_types for paper in coverage.documents if paper.when and not paper.case)


def test_whoever_spent_brings_their_own_receipts_and_document():
    for coverage in (*FUNERAL.coverages, LIFE.coverage("gastos-sepelio")):
        assert coverage.paid_to is Payee.SPENDER
        own = {paper.code for paper in coverage.documents_of_person(payee_types(is_minor=False, is_heir=False))}
        assert "dni-pagador" in own
        assert any(code.startswith("comprobantes-") for code in own)


def test_an_insured_who_is_paid_brings_nothing_but_the_claims_papers_and_their_heirs_bring_their_own():
    for coverage in HOSPITAL.coverages:
        assert coverage.documents_of_person(payee_types(is_minor=False, is_heir=False)) == ()
        (own,) = coverage.documents_of_person(payee_types(is_minor=False, is_heir=True))
        assert (own.code, own.of) == ("dni-heredero", DocumentOf.PERSON)


@each_product
def test_an_exclusion_has_short_words_of_its_own_and_papers_that_show_it(product):
    shorts = [exclusion.short for exclusion in product.excluded]
    assert len(set(shorts)) == len(shorts)
    assert all(len(short) <= 60 for short in shorts)
    assert all(exclusion.papers for exclusion in product.excluded)
    for coverage in product.coverages:
        assert any(exclusion.touches(coverage.code) for exclusion in product.excluded)


def test_an_exclusion_touches_the_coverages_that_it_names_or_all():
    named, everywhere = FUNERAL.excluded[-3], FUNERAL.excluded[0]
    assert [coverage.code for coverage in FUNERAL.coverages if named.touches(coverage.code)] == ["gastos-sepelio"]
    assert all(everywhere.touches(coverage.code) for coverage in FUNERAL.coverages)


def test_a_waiting_is_a_ground_of_the_same_name_wherever_there_is_one():
    with_ground = {
        slug for slug, product in PRODUCTS.items() if any(e.short == "Período de espera" for e in product.excluded)
    }
    assert with_ground == {slug for slug, product in PRODUCTS.items() if product.waiting}
