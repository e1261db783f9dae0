"""Renewal: one page, then the purchase's own steps, in the words of a renewal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.domain.clock import lima
from portal.extensions import db
from portal.models import Message, Policy, ProductVersion, Purchase, Quote
from portal.models.transaction import writing
from portal.services.platform import encryption
from tests.client import PageClient
from tests.factories import beneficiary


@pytest.fixture
def juana(make):
    return make.customer()


@pytest.fixture
def number(make, juana, app, clock_at):
    """A policy whose end lies twenty days ahead."""
    number = make.policy(juana, named=[beneficiary("Rosa", share="60"), beneficiary("Pedro", share="40")])
    with app.app_context():
        ends_at = db.session.scalars(select(Policy.ends_at)).one()
    clock_at(lima(ends_at).replace(hour=10) - timedelta(days=20))
    return number


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def visit(request, app, juana, number):
    """Juana's browser, with and without htmx."""
    return PageClient(app, htmx=request.param).sign_in(juana)


def code_of(app) -> str:
    with app.app_context():
        its = select(Message.secret).where(Message.kind == "purchase_code").order_by(Message.id.desc()).limit(1)
        return encryption.unseal(db.session.scalars(its).one() or b"")


def renew(visit, number, **answers):
    page = visit.get(f"/polizas/{number}/renovar")
    return visit.submit(page, {"forma": "cuenta", "acepta": True} | answers)


def test_the_page_says_price_dates_what_changes_and_what_stays(visit, number):
    page = visit.get(f"/polizas/{number}/renovar")
    text = " ".join(page.text.replace("\xa0", " ").split())
    assert "El suyo termina en 20 días. No se renueva solo: si no hace nada, no le cobramos." in text
    assert "Cuesta igual" in text
    assert "Sin un día de vacío" in text
    assert "Rosa 60 %, Pedro 40 %" in text
    assert "tarjeta terminada en 4821" in text


def test_from_the_page_to_the_policy_by_the_account_of_before(app, visit, number, drain):
    page = renew(visit, number)
    assert "Este código autoriza su renovación" in page.text
    assert "Microseguro de Muerte Accidental, Plan 2, Cargo a Cuenta" in page.text
    page = visit.submit(page, {"codigo": code_of(app)}, button="Verificar")
    assert "Términos de su renovación" in page.text
    page = visit.submit(page, {"acepta": True})
    visit.submit(page, {}, button="Procesar Pago")
    drain()
    with app.app_context():
        old, new = db.session.scalars(select(Policy).order_by(Policy.id)).all()
        assert new.renews_id == old.id
        newer = new.number
        (purchase,) = db.session.scalars(select(Purchase).where(Purchase.id == new.purchase_id)).all()
        public_id = purchase.public_id
    assert "Su seguro está renovado." in visit.get(f"/compras/{public_id}/resumen").text
    assert visit.get(f"/polizas/{number}").links["Ver la póliza nueva"] == f"/polizas/{newer}"
    assert f"/polizas/{number}" in visit.get(f"/polizas/{newer}").links.values()
    again = visit.get(f"/polizas/{number}/renovar")
    assert "Ya está renovada." in again.text
    assert f"/polizas/{newer}" in again.links.values()


def test_consent_is_unticked_and_needed(visit, number):
    page = visit.get(f"/polizas/{number}/renovar")
    assert not page.document.xpath("//input[@name='acepta'][@checked]")
    refused = renew(visit, number, acepta=False)
    assert refused.status == 422
    assert "quiere renovar" in refused.text


def test_what_was_begun_goes_on_where_it_was(app, visit, number):
    renew(visit, number)
    page = visit.get(f"/polizas/{number}/renovar")
    assert page.links["Seguir donde quedó"].startswith("/compras/")
    renew(visit, number)
    with app.app_context():
        assert len(db.session.scalars(select(Purchase)).all()) == 2


def test_what_was_begun_leads_back_where_the_policy_can_be_renewed_no_more(make, visit, juana, number):
    step = renew(visit, number)
    make.ended(number, juana)
    page = visit.get(step.path)
    assert page.path == f"/polizas/{number}/renovar"
    assert "La póliza que quería renovar ya no se puede renovar" in page.text


def test_another_account_or_cash_is_asked_for_by_the_step(visit, number):
    assert renew(visit, number, forma="otra").values("digitos")["digitos"] == ""
    assert "Elija la agencia donde pagará" in renew(visit, number, forma="efectivo").text


def test_the_same_account_is_the_one_that_is_shown_whichever_was_entered_meanwhile(app, make, visit, juana, number):
    page = renew(visit, number, forma="otra")
    public_id = page.path.split("/")[2]
    make.method(juana, public_id, last4="1111")
    renew(visit, number)
    with app.app_context():
        assert db.session.scalars(select(Purchase.card_last4).order_by(Purchase.id)).all() == ["4821", "4821"]
    assert renew(visit, number, forma="otra").values("digitos")["digitos"] == "", "and another is asked for"


def test_a_page_of_before_noon_is_agreed_to_anew_whatever_else_is_to_be_mended(app, visit, juana, number, clock_at):
    with app.app_context():
        ends_at = db.session.scalars(select(Policy.ends_at)).one()
    clock_at(ends_at - timedelta(minutes=10))
    visit.sign_in(juana)
    page = visit.get(f"/polizas/{number}/renovar")
    clock_at(ends_at + timedelta(minutes=10))
    for accepts in (False, True):
        shown = visit.submit(page, {"forma": "cuenta", "acepta": accepts})
        assert shown.status == 422
        assert "Mientras tanto cambió" in shown.text
        assert not shown.document.xpath("//input[@name='acepta'][@checked]")
    assert "Días sin protección" in shown.text


def test_a_page_that_shows_an_old_price_is_shown_anew(app, visit, number):
    page = visit.get(f"/polizas/{number}/renovar")
    with app.app_context(), writing() as session:
        sold = session.scalars(select(ProductVersion).where(ProductVersion.slug == "muerte-accidental")).one()
        dearer = dict(sold.content)
        dearer["plans"] = [{**one, "total": "99.00"} if one["code"] == "plan-2" else one for one in dearer["plans"]]
        sold.withdrawn_at = portal_clock.now()
        session.add(ProductVersion(slug=sold.slug, version=sold.version + 1, sha256="x" * 64, content=dearer))
    shown = visit.submit(page, {"forma": "cuenta", "acepta": True})
    assert shown.status == 422
    assert "Mientras tanto cambió" in shown.text
    assert "99.00" in shown.text
    with app.app_context():
        assert len(db.session.scalars(select(Purchase)).all()) == 1


def test_too_early_it_says_from_when(app, visit, juana, number, clock_at):
    with app.app_context():
        ends_at = db.session.scalars(select(Policy.ends_at)).one()
    clock_at(ends_at - timedelta(days=60))
    visit.sign_in(juana)
    opens = lima(ends_at).date() - timedelta(days=45)
    assert f"puede renovarla desde el {opens:%d/%m/%Y}" in visit.get(f"/polizas/{number}/renovar").text


def test_the_list_leads_there_while_it_is_open(app, visit, number):
    assert f"/polizas/{number}/renovar" in visit.get("/seguros").links.values()
    with app.app_context(), writing() as session:
        session.execute(update(ProductVersion).values(withdrawn_at=portal_clock.now()))
    assert f"/polizas/{number}/renovar" not in visit.get("/seguros").links.values()
    assert "ya no se vende" in visit.get(f"/polizas/{number}/renovar").text


def flat(page) -> str:
    return " ".join(page.text.replace("\xa0", " ").split())


def test_beside_each_step_stands_until_when_it_goes_on_without_a_gap(app, visit, number):
    with app.app_context():
        ends_on = lima(db.session.scalars(select(Policy.ends_at)).one()).date()
    step = flat(renew(visit, number, forma="otra"))
    assert f"Empieza el {ends_on:%d/%m/%Y}, al mediodía. Si paga después de esa hora, hay días sin protección" in step


def test_after_its_end_summary_and_quote_say_the_true_beginning_and_the_gap(app, visit, juana, number, clock_at):
    with app.app_context():
        ends_at = db.session.scalars(select(Policy.ends_at)).one()
    clock_at(lima(ends_at).replace(hour=10) + timedelta(days=10))
    visit.sign_in(juana)
    begins = f"{lima(ends_at).date() + timedelta(days=10):%d/%m/%Y}, al mediodía"
    step = flat(renew(visit, number, forma="otra"))
    assert f"Si paga hoy, empieza el {begins}: antes hay días sin protección" in step
    assert f"Empieza {begins}, si paga hoy" in step
    assert f"{lima(ends_at):%d/%m/%Y}, al mediodía" not in step
    with app.app_context():
        quote = db.session.scalars(select(Quote.number).where(Quote.policy_id.is_not(None))).one()
    page = flat(visit.get(f"/cotizaciones/{quote}"))
    assert f"{begins}, si paga hoy" in page
    assert "Su póliza anterior ya terminó: hay días sin protección" in page


def test_a_chosen_start_that_has_passed_is_not_said_any_more(app, visit, make, juana, clock_at):
    quote = make.quote(juana, start=portal_clock.today() + timedelta(days=2))
    first = f"{portal_clock.today() + timedelta(days=2):%d/%m/%Y}, al mediodía"
    assert first in flat(visit.get(f"/cotizaciones/{quote}"))
    clock_at(portal_clock.now() + timedelta(days=3))
    visit.sign_in(juana)
    page = flat(visit.get(f"/cotizaciones/{quote}"))
    assert first not in page
    assert "El primer mediodía después del pago" in page


def test_nobody_is_asked_to_renew_beside_a_death(make, visit, juana, number):
    for path in ("/seguros", f"/polizas/{number}", "/inicio"):
        assert f"/polizas/{number}/renovar" in visit.get(path).links.values()
    make.claim(juana, "muerte-accidental", policy=number)
    for path in ("/seguros", f"/polizas/{number}", "/inicio"):
        page = visit.get(path)
        assert f"/polizas/{number}/renovar" not in page.links.values(), path
        assert "se renueva solo" not in page.text
