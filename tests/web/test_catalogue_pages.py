"""What is on sale, as customers and staff read it."""

import pytest

from portal.services.catalogue import offers
from tests.factories import ACCIDENT, CANCER, FUNERAL, HOSPITAL

PRODUCTS = [ACCIDENT, HOSPITAL, FUNERAL, CANCER]


@pytest.fixture(params=PRODUCTS)
def product(app, request):
    """Each product on sale: what a page must say of one, it must say of all."""
    with app.app_context():
        return offers.offer_on_sale(request.param).product


def test_each_plan_stands_with_its_price_over_its_own_sum(client, product):
    page = client.get("/productos")
    (section,) = page.document.xpath(f"//section[@aria-labelledby='{product.slug}']")
    prices = [one.xpath("normalize-space()") for one in section.xpath(".//thead//th[position()>1]")]
    sums = [one.xpath("normalize-space(text())") for one in section.xpath(".//tbody//td")]
    assert prices == [f"{plan.name}S/{plan.total}al año" for plan in product.plans]
    assert sums == [f"S/\xa0{product.headline_sum(plan):,.0f}" for plan in product.plans]
    assert section.xpath("normalize-space(.//tbody//th)") == product.headline
    for line in product.does_not_pay:
        assert line in section.text_content()


def test_product_page_says_what_it_does_not_pay_beside_what_it_pays(client, make, product):
    page = client.sign_in(make.customer()).get(f"/productos/{product.slug}")
    for line in (*product.pays, *product.does_not_pay, *product.exclusions):
        assert line in page.text
    sizes = [sheet.tag for sheet in page.document.xpath("//*[ul[@class='yes'] or ul[@class='no']]")]
    assert sizes == ["div", "div"]


def rows_of_plans(page):
    """The cells of the comparison, each row by the words of its header."""
    rows = page.document.xpath("//table[@class='plans']/tbody/tr")
    return {row.find("th").text.strip(): [one.xpath("normalize-space()") for one in row.findall("td")] for row in rows}


def test_product_page_compares_every_sum_of_every_plan(client, make):
    cells = rows_of_plans(client.sign_in(make.customer()).get(f"/productos/{ACCIDENT}"))
    assert cells["Gastos de sepelio"] == ["No incluye", "S/\xa02,000", "S/\xa03,000"]
    assert cells["Equivale al día"] == ["S/\xa00.10", "S/\xa00.20", "S/\xa00.30"]


def test_each_sum_of_the_comparison_has_its_measure(client, make, product):
    cells = rows_of_plans(client.sign_in(make.customer()).get(f"/productos/{product.slug}"))
    assert len(cells) == len(product.coverages) + 1
    for coverage in product.coverages:
        benefits = [plan.benefit(coverage.code) for plan in product.plans]
        said = [f"S/\xa0{one.amount:,.0f} {one.per or ''}".strip() if one else "No incluye" for one in benefits]
        assert cells[coverage.name] == said


def test_product_page_says_how_long_it_waits_and_for_what(client, make, product):
    page = client.sign_in(make.customer()).get(f"/productos/{product.slug}")
    if product.waiting is None:
        assert "Período de espera" not in page.text
    else:
        assert f"Período de espera: {product.waiting.days} días" in page.text
        assert f"no se paga {product.waiting.event} en los primeros {product.waiting.days} días." in page.text
        assert product.waiting.exempt is None or product.waiting.exempt in page.text


def test_plans_table_keeps_its_roles(client, make):
    page = client.sign_in(make.customer()).get(f"/productos/{ACCIDENT}")
    (table,) = page.document.xpath("//table[@class='plans']")
    assert table.get("role") == "table"
    assert {group.get("role") for group in table.xpath("thead | tbody | tfoot")} == {"rowgroup"}
    assert {row.get("role") for row in table.xpath(".//tr")} == {"row"}
    assert {cell.get("role") for cell in table.xpath(".//td")} == {"cell"}


def test_product_page_names_the_papers_of_each_coverage_and_who_pays(client, make, product):
    page = client.sign_in(make.customer()).get(f"/productos/{product.slug}")
    for coverage in product.coverages:
        for paper in coverage.documents:
            assert paper.name in page.text
    for number in (product.insurer.name, product.insurer.ruc, product.insurer.sbs_code, product.sbs_registry_code):
        assert number in page.text
    assert "Las coberturas son responsabilidad de la aseguradora." in page.text
    assert product.draft_notice in page.text


def test_each_plan_leads_to_its_own_quote(client, make, product):
    page = client.sign_in(make.customer()).get(f"/productos/{product.slug}")
    for plan in product.plans:
        assert page.links[f"Cotizar el {plan.name}"] == f"/cotizar/{product.slug}/{plan.code}"


def test_general_conditions_are_complete(client, make, product):
    page = client.sign_in(make.customer()).get(f"/productos/{product.slug}/condiciones")
    for condition in product.conditions:
        assert f"{condition.number}. {condition.title}" in page.text
        for paragraph in condition.paragraphs:
            assert " ".join(paragraph.split()) in page.text
        for listing in condition.listings:
            for item in listing.items:
                assert " ".join(item.split()) in page.text


@pytest.mark.parametrize("part", ["", "/condiciones"])
def test_unknown_product_is_not_found(client, make, part):
    assert client.sign_in(make.customer()).get(f"/productos/nada{part}").status == 404


def test_staff_read_products_but_get_no_button_to_quote(client, make):
    page = client.sign_in(make.collaborator()).get(f"/productos/{HOSPITAL}")
    assert page.status == 200
    assert not any(words.startswith("Cotizar") for words in page.links)
    assert client.get(f"/cotizar/{HOSPITAL}/plan-1").status == 403


@pytest.mark.parametrize("path", ["/productos", f"/productos/{ACCIDENT}", f"/productos/{ACCIDENT}/condiciones"])
def test_who_has_no_account_reads_what_a_customer_reads(client, clients, make, path):
    public, own = client.get(path), clients().sign_in(make.customer()).get(path)
    assert [page.document.xpath("normalize-space(//main)") for page in (public, own)] == [
        own.document.xpath("normalize-space(//main)")
    ] * 2
