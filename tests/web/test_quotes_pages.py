"""The quote once made (S13): to read, to mail, to download, to buy."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.domain.catalogue import Product
from portal.extensions import db
from portal.models import Consent, Message, Policy, ProductVersion, Purchase
from portal.models.transaction import writing
from portal.services.catalogue import offers
from tests.client import HTMX, PageClient
from tests.factories import ACCIDENT, FUNERAL, HOSPITAL, Stage

DAYS_VALID = 15


def test_quote_shows_people_sums_premium_and_until_when(client, make):
    juana = make.customer()
    page = client.sign_in(juana).get(f"/cotizaciones/{make.quote(juana)}")
    for words in ("COT-", "Juana Mamani Quispe", "20,000", "S/ 61.80", "S/ 11.12", "72.92", "Vale hasta", "Vigente"):
        assert words in page.text.replace("\xa0", " ")


def test_quote_offers_the_three_actions_by_their_exact_names(client, make):
    juana = make.customer()
    page = client.sign_in(juana).get(f"/cotizaciones/{make.quote(juana)}")
    buttons = {" ".join(button.text_content().split()) for button in page.document.xpath("//main//button")}
    assert buttons == {"Enviar Email", "Descargar PDF", "Comprar"}


def test_the_terms_are_readable_where_they_are_accepted(client, make):
    juana = make.customer()
    page = client.sign_in(juana).get(f"/cotizaciones/{make.quote(juana)}")
    text = offers.texts()["cotizacion"]
    for section in text.sections:
        for paragraph in section.paragraphs:
            assert " ".join(paragraph.split()) in page.text
    assert text.acceptance in page.text


def test_mail_goes_to_the_holder_and_the_page_says_where(client, make, app):
    juana = make.customer(email="juana@correo.pe")
    number = make.quote(juana)
    page = client.sign_in(juana).get(f"/cotizaciones/{number}")
    after = client.submit(page, action=f"/cotizaciones/{number}/correo")
    assert after.path == f"/cotizaciones/{number}"
    assert "Enviamos la cotización a juana@correo.pe." in after.text
    with app.app_context():
        (mail,) = db.session.scalars(select(Message)).all()
        assert (mail.kind, mail.recipient, len(mail.attachments)) == ("quote", "juana@correo.pe", 1)


def test_pdf_is_waited_for_and_then_downloaded(client, make, drain):
    juana = make.customer()
    number = make.quote(juana)
    address = f"/cotizaciones/{number}/pdf"
    page = client.sign_in(juana).get(f"/cotizaciones/{number}")
    waiting = client.submit(page, action=address)
    assert (waiting.status, waiting.path) == (202, address)
    assert waiting.response.headers["Retry-After"] == "2"
    assert waiting.document.xpath(f"//*[@hx-get='{address}'][@hx-trigger='every 2s']")
    assert waiting.document.xpath("//noscript//meta[@http-equiv='refresh']")
    assert client.raw.get(address, headers=HTMX).status_code == 204  # nothing new: the page and its focus stay
    drain()
    found = client.submit(page, action=address)
    assert found.data.startswith(b"%PDF-")
    headers = found.response.headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_waiting_page_ends_with_the_link_to_the_file(client, make, drain):
    juana = make.customer()
    address = f"/cotizaciones/{make.printed_quote(juana)}/pdf"
    client.sign_in(juana)
    drain()
    fragment = client.raw.get(address, headers=HTMX).get_data(as_text=True)
    assert "Su PDF está listo" in fragment
    assert "hx-get" not in fragment


def test_a_quote_is_printed_when_it_is_asked_for_and_not_before(client, make, drain):
    juana = make.customer()
    number = make.quote(juana)
    assert drain() == 0
    early = client.sign_in(juana).get(f"/cotizaciones/{number}/pdf")
    assert early.path == f"/cotizaciones/{number}"
    assert drain() == 0


@pytest.mark.parametrize("action", ["pdf", "correo"])
def test_an_account_has_a_few_quotes_on_their_way_to_paper(client, make, drain, action):
    juana = make.customer()
    for _ in range(5):
        make.printed_quote(juana)
    number = make.quote(juana)
    page = client.sign_in(juana).get(f"/cotizaciones/{number}")
    refused = client.submit(page, action=f"/cotizaciones/{number}/{action}")
    assert refused.status == 422
    assert "Ya estamos preparando 5 de sus cotizaciones en PDF. Espere un momento" in refused.text
    drain()
    assert client.submit(page, action=f"/cotizaciones/{number}/{action}").status in (200, 202)


def test_buying_needs_the_terms_accepted(client, make, app):
    juana = make.customer()
    number = make.quote(juana)
    page = client.sign_in(juana).submit(client.get(f"/cotizaciones/{number}"), {"acepta": False})
    assert page.status == 422
    assert page.errors == {"acepta": "Marque que leyó y acepta las condiciones de la cotización."}
    with app.app_context():
        assert db.session.scalars(select(Purchase)).all() == []


@pytest.mark.parametrize("htmx", [False, True])
def test_buying_begins_one_purchase_however_often_it_is_pressed(app, make, htmx):
    juana = make.customer()
    number = make.quote(juana)
    client = PageClient(app, htmx=htmx).sign_in(juana)
    page = client.get(f"/cotizaciones/{number}")
    first, second = client.submit(page, {"acepta": True}), client.submit(page, {"acepta": True})
    assert first.path == second.path
    assert first.path.startswith("/compras/")
    with app.app_context():
        assert len(db.session.scalars(select(Purchase)).all()) == 1
        assert db.session.scalars(select(Consent.text_key)).all() == ["cotizacion"]


def test_an_insured_with_all_the_policies_allowed_does_not_buy_another(client, make):
    juana = make.customer()
    for _ in range(2):
        make.policy(juana, product=HOSPITAL)
    number = make.quote(juana, product=HOSPITAL)
    offered = client.sign_in(juana).get(f"/cotizaciones/{number}")
    assert "es otra prima, y cada una paga lo suyo" in offered.text
    make.policy(juana, product=HOSPITAL)
    page = client.submit(offered, {"acepta": True})
    assert page.path == f"/cotizaciones/{number}"
    assert "ya tiene 3 pólizas" in page.text
    assert "No puede comprar otra: este seguro permite hasta 3 por persona" in page.text
    assert "acepta" not in page.html, "and isn't offered it"


def test_who_quotes_again_for_the_same_person_is_told_of_the_policy_that_protects_them(client, make):
    juana = make.customer()
    own, others = make.policy(juana), make.policy(make.customer())
    client.sign_in(juana)
    page = client.get(f"/cotizaciones/{make.quote(juana)}")
    assert "Ya tiene este seguro para" in page.text
    assert page.links[own] == f"/polizas/{own}"
    assert others not in page.text
    assert any(form.get("action", "").endswith("/comprar") for form in page.forms)
    for another in (make.quote(juana, HOSPITAL), make.quote(juana, insured=make.insured())):
        assert "Ya tiene este seguro" not in client.get(f"/cotizaciones/{another}").text


def test_what_protects_already_is_told_until_the_day_that_it_ends_and_is_renewed_rather_than_bought_anew(
    client, make, app, clock
):
    juana = make.customer()
    ending, funeral = make.policy(juana, product=HOSPITAL), make.policy(juana, product=FUNERAL)
    clock(days=340)
    client.sign_in(juana)
    page = client.get(f"/cotizaciones/{make.quote(juana, HOSPITAL)}")
    assert page.links["Renovar"] == f"/polizas/{ending}/renovar"
    assert "sin un nuevo período de espera" in page.text
    quote = make.quote(juana, FUNERAL)
    assert "la nueva paga solo lo que la primera no alcanzó a cubrir" in client.get(f"/cotizaciones/{quote}").text
    with app.app_context(), writing() as session:
        until = portal_clock.now() + timedelta(days=2)
        session.execute(update(Policy).where(Policy.number == funeral).values(cancelled_at=until))
    page = client.get(f"/cotizaciones/{quote}")
    assert f"protege hasta el {portal_clock.lima(until):%d/%m/%Y}" in page.text
    assert "Renovar" not in page.links


def test_who_goes_on_with_a_purchase_is_told_of_the_policy_that_came_meanwhile(client, make, clock):
    juana = make.customer()
    forgotten = make.purchase(juana, Stage.VERIFICATION)
    address = f"/compras/{forgotten}/terminos"
    client.sign_in(juana)
    make.policy(juana, product=HOSPITAL)
    assert "Ya tiene este seguro" not in client.get(address).text
    clock(minutes=1)
    make.policy(juana)
    assert "Ya tiene este seguro" in client.get(address).text


def test_nobody_is_told_to_insure_again_whom_a_death_was_told_of(client, make, clock):
    juana = make.customer()
    policy = make.policy(juana)
    clock(days=5)
    quote = make.quote(juana)
    make.claim(juana, ACCIDENT, policy=policy)
    page = client.sign_in(juana).get(f"/cotizaciones/{quote}")
    assert "Una nueva no paga lo que ya ocurrió" in page.text
    assert page.links["Ver mis siniestros"] == "/siniestros"
    assert "Puede comprar otra" not in page.text


def test_a_purchase_begun_is_gone_on_with(client, make):
    juana = make.customer()
    number = make.quote(juana)
    public_id = make.purchase(juana, quote=number)
    page = client.sign_in(juana).get(f"/cotizaciones/{number}")
    assert page.links["Continuar la compra"] == f"/compras/{public_id}"
    assert "acepta" not in page.html


def test_a_bought_quote_leads_to_its_policy(client, make):
    juana = make.customer()
    number = make.quote(juana)
    policy = make.policy(juana, quote=number)
    page = client.sign_in(juana).get(f"/cotizaciones/{number}")
    assert page.links["Ver mi póliza"] == f"/polizas/{policy}"
    assert "Comprada" in page.text


def test_expired_quote_says_so_and_is_quoted_again(client, make, clock):
    juana = make.customer()
    number = make.quote(juana)
    clock(days=DAYS_VALID + 1)
    page = client.sign_in(juana).get(f"/cotizaciones/{number}")
    assert "Esta cotización venció el" in page.text
    assert "Comprar" not in page.text
    again = client.follow(page, "Cotizar otra vez")
    assert f"Nada cambió desde su cotización {number}" in again.text
    assert client.submit(again, {"asegurado": "yo"}).path != page.path


def test_expired_quote_is_not_bought_by_an_old_page(client, make, clock, app):
    juana = make.customer()
    number = make.quote(juana)
    client.sign_in(juana).get(f"/cotizaciones/{number}")
    old = client.page
    clock(days=DAYS_VALID + 1)
    # A page that stayed open this long outlives its session too: its owner signs in again elsewhere.
    client.sign_in(juana)
    page = client.submit(old, {"acepta": True})
    assert page.path == f"/cotizaciones/{number}"
    assert f"La cotización {number} venció." in page.text
    with app.app_context():
        assert db.session.scalars(select(Purchase)).all() == []


def test_quoting_again_keeps_the_other_person_and_says_what_changed(client, make, app):
    juana = make.customer()
    page = client.sign_in(juana).get(f"/cotizar/{ACCIDENT}/plan-2")
    rosa = {
        "asegurado": "otra",
        "numero_documento": "07654321",
        "nombres": "Rosa",
        "apellido_paterno": "Quispe",
        "fecha_nacimiento": "27/08/1994",
        "acepta_asegurado": True,
    }
    number = client.submit(page, rosa).path.rsplit("/", 1)[-1]
    _publish_dearer(app)
    again = client.get(f"/cotizar/{ACCIDENT}/plan-2", de=number)
    words = again.text.replace("\xa0", " ")
    assert f"Esto cambió desde su cotización {number}" in words
    assert "El precio era S/ 72.92 y ahora es S/ 80.00 al año." in words
    assert "nuevas condiciones" not in words
    kept = again.values("asegurado")
    assert (kept["asegurado"], kept["nombres"], kept["fecha_nacimiento"]) == ("otra", "Rosa", "27/08/1994")
    assert "acepta_asegurado" not in kept  # each quote is declared anew


def test_old_quote_keeps_its_own_conditions(client, make, app):
    juana = make.customer()
    number = make.quote(juana)
    with app.app_context():
        before: Product = offers.offer_on_sale(ACCIDENT).product
    _publish_dearer(app, title="Otra manera de decirlo")
    page = client.sign_in(juana).get(f"/cotizaciones/{number}/condiciones")
    assert before.clauses[0].title in page.text
    assert "Otra manera de decirlo" not in page.text
    assert "Otra manera de decirlo" in client.get(f"/productos/{ACCIDENT}/condiciones").text


@pytest.mark.parametrize("part", ["", "/pdf", "/condiciones"])
def test_another_customers_quote_is_not_found(client, make, part):
    number = make.quote(make.customer())
    assert client.sign_in(make.customer()).get(f"/cotizaciones/{number}{part}").status == 404


@pytest.mark.parametrize("action", ["correo", "pdf", "comprar"])
def test_another_customers_quote_is_neither_mailed_nor_bought(client, make, app, action):
    number = make.quote(make.customer())
    assert client.sign_in(make.customer()).post(f"/cotizaciones/{number}/{action}", {"acepta": "y"}).status == 404
    with app.app_context():
        assert db.session.scalars(select(Message)).all() == []
        assert db.session.scalars(select(Purchase)).all() == []


def test_another_customers_quote_does_not_fill_a_form(client, make):
    number = make.quote(make.customer())
    assert client.sign_in(make.customer()).get(f"/cotizar/{ACCIDENT}/plan-2", de=number).status == 404


def test_list_shows_each_quote_with_its_state(client, make, clock):
    juana = make.customer()
    old = make.quote(juana)
    clock(days=DAYS_VALID + 1)
    new, bought = make.quote(juana, plan="plan-1"), make.quote(juana)
    make.policy(juana, quote=bought)
    make.quote(make.customer())
    page = client.sign_in(juana).get("/cotizaciones")
    rows = [" ".join(row.text_content().split()) for row in page.document.xpath("//tbody/tr")]
    assert [number in row for number, row in zip((bought, new, old), rows, strict=True)] == [True, True, True]
    assert ["Comprada" in rows[0], "Vigente" in rows[1], "Vencida" in rows[2]] == [True, True, True]


def test_list_without_quotes_leads_to_the_products(client, make):
    page = client.sign_in(make.customer()).get("/cotizaciones")
    assert "Todavía no tiene cotizaciones" in page.text
    assert page.links["Ver Productos"] == "/productos"


def test_long_list_goes_on_by_pages(client, make):
    juana = make.customer()
    numbers = [make.quote(juana) for _ in range(23)]
    page = client.sign_in(juana).get("/cotizaciones")
    assert numbers[-1] in page.text
    assert numbers[2] not in page.text
    older = client.follow(page, "Ver anteriores")
    assert all(number in older.text for number in numbers[:3])
    assert numbers[3] not in older.text
    assert "Ver anteriores" not in older.links


def _publish_dearer(app, title: str | None = None) -> None:
    """A new version of the product: plan 2 at S/ 80.00, and another title of its first clause if given."""
    with app.app_context(), writing() as session:
        current = session.scalars(
            select(ProductVersion).where(ProductVersion.slug == ACCIDENT, ProductVersion.withdrawn_at.is_(None))
        ).one()
        content = {**current.content, "plans": [dict(plan) for plan in current.content["plans"]]}
        content["plans"][1]["total"] = "80.00"
        if title:
            content["clauses"] = [{**content["clauses"][0], "title": title}, *content["clauses"][1:]]
        session.execute(
            update(ProductVersion).where(ProductVersion.id == current.id).values(withdrawn_at=current.published_at)
        )
        session.add(ProductVersion(slug=ACCIDENT, version=current.version + 1, sha256="0" * 64, content=content))
