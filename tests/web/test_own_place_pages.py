"""What a customer finds on returning: the start page, the two lists and "Administrar Póliza"."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal.domain import clock as portal_clock
from portal.domain.message import MessageState
from portal.domain.receipt import ReversalReason
from portal.extensions import db
from portal.models import Document, Message, Policy, ProductVersion
from portal.models.transaction import writing
from portal.services.payments import receipts, reversals, slips
from portal.services.policies import policy
from tests.client import PageClient
from tests.factories import AGENCY, HOSPITAL, Stage

DAY = timedelta(days=1)


@pytest.fixture
def juana(make):
    return make.customer()


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def visit(request, app, juana):
    """Juana's browser, with and without htmx."""
    return PageClient(app, htmx=request.param).sign_in(juana)


@pytest.fixture
def near_end(app, make, juana):
    """The number of a policy that ends in ten days."""
    number = make.policy(juana)
    with app.app_context(), writing() as session:
        now = portal_clock.now()
        session.execute(update(Policy).values(starts_at=now - 355 * DAY, ends_at=now + 10 * DAY))
    return number


@pytest.fixture
def paid_in_cash(app, make, juana):
    """The numbers of a policy paid at an agency, and of its receipt."""
    slip = make.slip(juana)
    with app.app_context():
        receipt = receipts.receive(slip.number, slip.amount, make.collaborator().actor)
        return db.session.scalars(select(Policy.number)).one(), receipt


@pytest.fixture
def reversed_receipt(app, make, paid_in_cash):
    with app.app_context():
        boss = make.supervisor(agency_code=AGENCY)
        reversals.reverse(paid_in_cash[1], ReversalReason.OTHER_SLIP, "Se confundió", boss.actor)
    return paid_in_cash


def told(page, section):
    """The words of a section of the page."""
    (found,) = page.document.xpath(f"//section[@aria-labelledby='{section}']")
    return " ".join(found.text_content().replace("\xa0", " ").split())


def test_start_page_says_that_a_policy_ends_and_does_not_renew_itself(visit, near_end):
    page = visit.get("/inicio")
    to_do = told(page, "pendientes")
    assert f"Su seguro termina el {portal_clock.lima(portal_clock.now() + 10 * DAY):%d/%m/%Y}" in to_do
    assert "No se renueva solo" in to_do
    assert f"/polizas/{near_end}/renovar" in page.links.values()


def test_a_product_that_is_not_sold_any_more_is_not_offered_again(app, visit, near_end):
    with app.app_context(), writing() as session:
        session.execute(update(ProductVersion).values(withdrawn_at=portal_clock.now()))
    assert f"/polizas/{near_end}/renovar" not in visit.get("/inicio").links.values()
    page = visit.get(f"/polizas/{near_end}")
    assert "Renovar" not in page.links
    assert page.links["Ver Productos"] == "/productos"


def test_start_page_leads_to_the_mail_that_was_lost_and_the_money_that_waits(app, make, visit, juana):
    late = make.slip(juana)
    with app.app_context():
        with writing() as session:
            slips.cancel(receipts.slip(late.number))
            lost = session.scalars(select(Message).where(Message.kind == "payment_slip")).one()
            lost.state, lost.reason = MessageState.FAILED, "recipient refused: 550 5.1.1"
            lost_id = lost.id
        receipts.receive_to_return(late.number, late.amount, make.collaborator().actor)
    page = visit.get("/inicio")
    to_do = told(page, "pendientes")
    assert "Recoja S/ 72.92 en Agencia Cusco" in to_do
    assert f"Revise la dirección {juana.email}" in to_do
    assert f"/comunicaciones/{lost_id}" in page.links.values()


def test_start_page_asks_nothing_of_whoever_waits_for_the_bank(make, visit, juana):
    make.purchase(juana, Stage.PAID, last4="0022")
    make.payment_in_review(juana, product=HOSPITAL)
    page = visit.get("/inicio")
    assert "por hacer" not in page.text
    assert "Estamos confirmando su pago" in page.text
    assert "Una persona confirma su pago con su banco" in page.text
    assert page.text.count("No pague otra vez") == 2


def test_start_page_folds_what_is_too_much(make, visit, juana):
    for _ in range(7):
        make.purchase(juana, quote=make.quote(juana, HOSPITAL), product=HOSPITAL)
        make.policy(juana, quote=make.quote(juana, HOSPITAL, insured=make.insured()), product=HOSPITAL)
    page = visit.get("/inicio")
    assert "Tiene 7 cosas por hacer" in page.text
    assert len(page.document.xpath("//section[@aria-labelledby='pendientes']/ul/li")) == 5
    assert "Ver las otras 2" in page.text
    assert len(page.document.xpath("//section[@class='cert']")) == 3
    assert page.links["Ver sus demás pólizas en Mis Seguros"] == "/seguros"


def test_each_quote_says_how_it_goes_on(make, visit, juana, clock):
    late = make.quote(juana)
    clock(days=16)
    bought, open_, valid = make.policy(juana), make.purchase(juana), make.quote(juana)
    slip = make.slip(juana, product=HOSPITAL)
    paying = make.purchase(juana, Stage.PAID, last4="0022")
    links = visit.sign_in(juana).get("/cotizaciones").links
    by_words = {words.rpartition(" ")[0].removesuffix(" de").removesuffix(" como"): to for words, to in links.items()}
    assert by_words["Continuar compra"] == f"/compras/{open_}"
    assert by_words["Ver mi código de pago"] == f"/compras/{slip.public_id}"
    assert by_words["Ver cómo va la compra"] == f"/compras/{paying}"
    assert links[f"Ver póliza {bought}"] == f"/polizas/{bought}"
    assert links[f"Ver {valid}"] == f"/cotizaciones/{valid}"
    assert links[f"Cotizar otra vez como {late}"] == f"/cotizar/muerte-accidental/plan-2?de={late}"


@pytest.mark.parametrize(
    ("path", "words", "value"), [("/cotizaciones", "Vigentes", "vigente"), ("/seguros", "Por empezar", "pendiente")]
)
def test_a_filter_is_a_link_that_the_older_pages_keep(make, visit, juana, path, words, value):
    for _ in range(21):
        if path == "/seguros":
            make.policy(juana, quote=make.quote(juana, HOSPITAL, insured=make.insured()), product=HOSPITAL)
        else:
            make.quote(juana)
    page = visit.follow(visit.get(path), words)
    assert page.document.xpath("normalize-space(//nav[@aria-label='Estado']//a[@aria-current])") == words
    assert len(page.document.xpath("//tbody/tr")) == 20
    older = page.links["Ver anteriores"]
    assert f"estado={value}" in older
    assert len(visit.get(older).document.xpath("//tbody/tr")) == 1


@pytest.mark.parametrize("path", ["/cotizaciones?estado=vencida", "/seguros?estado=anulada"])
def test_a_filter_that_finds_nothing_leads_back_to_all(make, visit, juana, path):
    make.policy(juana)
    page = visit.get(path)
    assert page.links["Ver todas"] == path.partition("?")[0]


@pytest.mark.parametrize("path", ["/cotizaciones?estado=nada", "/seguros?estado=nada"])
def test_an_unknown_filter_chooses_nothing(make, visit, juana, path):
    make.policy(juana)
    assert len(visit.get(path).document.xpath("//tbody/tr")) == 1


def test_policies_are_counted_by_state(app, make, visit, juana):
    make.policy(juana)
    make.policy(juana, product=HOSPITAL)
    with app.app_context(), writing() as session:
        first = select(func.min(Policy.id)).scalar_subquery()
        session.execute(update(Policy).where(Policy.id == first).values(starts_at=portal_clock.now() - DAY))
    assert "2 pólizas: 1 activa, 1 por empezar" in visit.get("/seguros").text


def test_policy_page_is_called_as_the_owner_calls_it(make, visit, juana):
    number = make.policy(juana)
    page = visit.follow(visit.get("/seguros"), f"Modificar {number}")
    assert page.heading == "Administrar Póliza"
    blocks = page.document.xpath("//summary[starts-with(., 'Datos del')]/text()")
    assert blocks == ["Datos del Contratante", "Datos del Asegurado", "Datos del Seguro"]


def test_policy_paid_in_cash_gives_its_papers_with_date_and_size(visit, drain, paid_in_cash, app):
    number, receipt = paid_in_cash
    assert "el PDF se está preparando" in told(visit.get(f"/polizas/{number}"), "datos")
    drain()
    page = visit.get(f"/polizas/{number}")
    papers = told(page, "datos")
    for title in (f"Póliza {number}", f"Recibo de pago {receipt}", "Condiciones generales"):
        assert title in papers
    today = f"{portal_clock.lima(portal_clock.now()):%d/%m/%Y}"
    with app.app_context():
        size = db.session.scalars(select(Document.size).where(Document.filename == f"{number}.pdf")).one()
    assert size
    assert f"{today}, PDF de {round(size / 1024)} KB" in papers
    assert {f"/polizas/{number}/pdf", f"/recibos/{receipt}/pdf"} <= set(page.links.values())


def test_receipt_is_downloaded_by_who_paid_it(client, make, juana, drain, paid_in_cash):
    _, receipt = paid_in_cash
    drain()
    found = client.sign_in(juana).get(f"/recibos/{receipt}/pdf")
    assert found.data.startswith(b"%PDF-")
    assert found.response.headers["Content-Disposition"] == f'attachment; filename="{receipt}.pdf"'


def test_another_customers_receipt_is_not_found(client, make, paid_in_cash):
    assert client.sign_in(make.customer()).get(f"/recibos/{paid_in_cash[1]}/pdf").status == 404


def test_cancelled_policy_says_why_and_leads_to_a_new_quote(visit, reversed_receipt):
    number, receipt = reversed_receipt
    page = visit.get(f"/polizas/{number}")
    assert "Esta póliza está anulada" in page.text
    assert f"el pago en la agencia se registró por error: su recibo {receipt} ya no vale" in page.text
    assert page.links["Cotizar otra vez"] == "/cotizar/muerte-accidental/plan-2"
    assert f"/polizas/{number}/endosos/1/pdf" in page.links.values()
    papers = told(page, "datos")
    assert "Endoso 1: anulación" in papers
    assert "Anulado: no vale como pago." in papers


def test_expired_policy_says_that_it_protects_no_more(make, visit, juana, clock):
    number = make.policy(juana)
    clock(days=368)
    visit.sign_in(juana)
    page = visit.get(f"/polizas/{number}")
    assert "Esta póliza venció el" in page.text
    assert page.links["Renovar"] == f"/polizas/{number}/renovar"
    clock(days=398)
    visit.sign_in(juana)
    assert visit.get(f"/polizas/{number}").links["Cotizar otra vez"] == "/cotizar/muerte-accidental/plan-2"


def test_whoever_had_a_policy_is_not_told_that_they_never_did(make, visit, juana, clock):
    make.policy(juana)
    clock(days=398)
    page = visit.sign_in(juana).get("/inicio")
    assert "Hoy no tiene un seguro vigente" in page.text
    assert page.links["Ver Productos"] == "/productos"


def test_policy_in_its_year_asks_for_nothing(make, visit, juana):
    number = make.policy(juana)
    assert "Cotizar otra vez" not in visit.get(f"/polizas/{number}").text


def test_a_story_is_folded_after_its_newest_part(app, make, visit, juana):
    number = make.policy(juana)
    with app.app_context():
        for _ in range(2):
            policy.send_by_mail(number, juana.actor)
    page = visit.get(f"/polizas/{number}")
    shown, folded = page.document.xpath("//section[@aria-labelledby='historia']//ol")
    assert len(shown.xpath("./li")) == 1
    assert folded.xpath("ancestor::details[not(@open)]")
    assert f"Ver lo anterior: {len(folded.xpath('./li'))} hechos" in page.text
