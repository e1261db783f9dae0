"""Paying in cash in the wizard, as a person without JavaScript walks it, and as htmx does."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.formats import moment
from portal.extensions import db
from portal.models import Payment, Quote
from portal.services.payments import receipts, slips
from tests.client import PageClient
from tests.factories import HOSPITAL, Factories, Someone, Stage, beneficiary
from tests.web.wizard import at

CASH = {"forma": "efectivo"}


@pytest.fixture
def someone(make: Factories) -> Someone:
    return make.customer(ubigeo="080601")  # Sicuani, in the department of Cusco


def test_the_whole_way_leads_to_the_slip(visitor, make, someone):
    public_id = make.purchase(someone, product=HOSPITAL)
    page = visitor.get(at(public_id))
    assert "Agencia Cusco Centro" in page.text  # where the customer lives
    page = visitor.submit(page, CASH | {"agencia": "CUS-3"}, button="Siguiente")
    assert page.heading == "Verifique que es usted"
    assert "Pago en Efectivo" in page.text
    page = visitor.submit(page, {"codigo": make.code(public_id)}, button="Verificar")
    page = visitor.submit(page, {"acepta": True})
    assert page.heading == "Pague en la agencia con este código"
    assert "Agencia Sicuani" in page.text
    assert "Procesar Pago" not in page.text
    assert "tarjeta terminada" not in page.text
    assert {"Descargar PDF", "Cambiar forma de pago"} <= set(page.links)


def test_the_other_methods_fields_do_not_count(visitor, make, someone):
    public_id = make.purchase(someone, Stage.STARTED, product=HOSPITAL)
    page = visitor.get(at(public_id))
    junk = {"digitos": "x", "vence": ""}
    page = visitor.submit(page, CASH | junk | {"agencia": "CUS-1"}, button="Siguiente")
    assert page.heading == "Verifique que es usted"


@pytest.mark.parametrize("agency", ["", "XXX-9"])
def test_without_an_agency_of_ours_the_step_says_so_at_its_field(visitor, make, someone, agency):
    page = visitor.get(at(make.purchase(someone, product=HOSPITAL)))
    page = visitor.post(page.path, CASH | {"agencia": agency, "departamento": "08"})
    assert page.status == 422
    assert "agencia" in page.errors


def test_the_agencies_of_another_department_come_by_a_button_without_javascript(app, make, someone):
    visitor = PageClient(app).sign_in(someone)
    page = visitor.get(at(make.purchase(someone, product=HOSPITAL)))
    page = visitor.submit(page, CASH | {"departamento": "15"}, button="Ver agencias")
    assert page.heading == "¿Cómo quiere pagar?"
    assert "Agencia Los Olivos" in page.text
    assert "Agencia Cusco Centro" not in page.text


def test_and_by_themselves_with_it(app, make, someone):
    visitor = PageClient(app, htmx=True).sign_in(someone)
    public_id = make.purchase(someone, product=HOSPITAL)
    answer = visitor.raw.get(at(public_id, "agencias?departamento=15"), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Agencia Los Olivos" in answer.text
    assert "<h1" not in answer.text
    assert visitor.raw.get(at(public_id, "agencias?departamento=15")).status_code == 303


def test_an_agency_that_opens_too_late_is_shown_with_the_reason_and_cannot_be_chosen(
    app, visitor, make, someone, clock_at
):
    public_id = make.purchase(someone, product=HOSPITAL)
    with app.app_context():
        clock_at(db.session.scalars(select(Quote.valid_until)).one(), seconds=-60)
    visitor.sign_in(someone)
    page = visitor.get(at(public_id))
    assert "No abre antes del" in page.text
    (radio,) = page.document.xpath("//input[@name='agencia'][@value='CUS-1']")
    assert radio.get("disabled") is not None


def test_coming_back_leads_to_the_slip_long_after_the_code_ran_out(visitor, make, someone, clock):
    slip = make.slip(someone)
    clock(minutes=29)
    visitor.get("/inicio")
    clock(minutes=55)
    page = visitor.get(at(slip.public_id))
    assert page.heading == "Pague en la agencia con este código"
    assert visitor.get(at(slip.public_id, "verificacion")).heading == "Verifique que es usted"


def test_before_an_edit_the_page_says_what_it_would_cancel(visitor, make, someone):
    slip = make.slip(someone)
    for slug in ("beneficiarios", "forma-de-pago"):
        page = visitor.get(at(slip.public_id, slug))
        assert "Tiene un código de pago vigente" in page.text
    page = visitor.get(at(slip.public_id, "forma-de-pago"))
    page = visitor.submit(page, CASH | {"agencia": "CUS-1"}, button="Siguiente")
    assert page.heading == "Pague en la agencia con este código"
    assert slip.code in "".join(page.text.split())


def test_after_an_edit_the_pages_say_which_code_no_longer_pays(visitor, make, someone):
    slip = make.slip(someone, agency="CUS-1")
    old = f"{slip.code[:3]} {slip.code[3:6]} {slip.code[6:]}"
    page = visitor.get(at(slip.public_id))
    assert "ya no sirve" not in page.text
    page = visitor.submit(
        visitor.get(at(slip.public_id, "forma-de-pago")), CASH | {"agencia": "CUS-2"}, button="Siguiente"
    )
    assert page.heading == "Pague en la agencia con este código"
    assert f"El código anterior, {old}, ya no sirve: no pague con él." in " ".join(page.text.split())

    page = visitor.get(at(slip.public_id, "beneficiarios"))
    assert "Cancelamos el código" not in page.text  # the newest slip lives
    make.beneficiaries(someone, slip.public_id, [beneficiary()])
    page = visitor.get(at(slip.public_id, "beneficiarios"))
    assert "No pague con ese código." in page.text


def test_past_ten_slips_both_steps_say_what_to_do_instead(visitor, make, someone, monkeypatch):
    words = "Pague la última, pague con cargo a su cuenta o cotice otra vez."
    public_id = make.purchase(someone, Stage.VERIFICATION, agency="CUS-1")
    with monkeypatch.context() as changed:
        changed.setattr(slips, "MOST_OF_A_PURCHASE", 0)
        page = visitor.submit(visitor.get(at(public_id, "terminos")), {"acepta": True})
        assert (page.status, words in page.text, set(page.errors)) == (422, True, {""})
    slip = make.slip(someone, agency="CUS-1", product=HOSPITAL)
    for turn in range(9):
        make.cash(someone, slip.public_id, ("CUS-2", "CUS-1")[turn % 2])
    page = visitor.get(at(slip.public_id, "forma-de-pago"))
    page = visitor.submit(page, CASH | {"agencia": "CUS-1"}, button="Siguiente")
    assert (page.status, words in page.text, set(page.errors)) == (422, True, {""})
    assert visitor.get(at(slip.public_id)).heading == "Pague en la agencia con este código"


def test_an_expired_slip_leads_back_to_the_method_with_the_reason(app, visitor, make, someone, clock_at):
    slip = make.slip(someone)
    clock_at(slip.due_at, seconds=1)
    visitor.sign_in(someone)
    for is_marked in (False, True):
        if is_marked:
            with app.app_context():
                slips.expire_due()
        page = visitor.get(at(slip.public_id))
        assert page.heading == "¿Cómo quiere pagar?"
        assert "venció y no se le cobró nada. Elija otra vez cómo pagar." in page.text


@pytest.mark.parametrize("hours", range(0, 24, 6))  # whether the chosen agency is open or not: another takes it too
def test_the_page_of_a_slip_asks_by_itself_at_any_hour(app, make, someone, clock, hours):
    slip = make.slip(someone)
    clock(hours=hours)
    page = PageClient(app).sign_in(someone).get(at(slip.public_id, "pago"))
    assert "Esta página se lo dirá." in page.text
    (asking,) = page.document.xpath("//*[@hx-trigger='every 60s']/@hx-get")
    assert asking == at(slip.public_id, f"solicitud/novedades?solicitud={slip.number}")
    assert page.document.xpath("//noscript//meta[@http-equiv='refresh']")


def test_the_page_of_a_slip_tells_that_another_stands_in_its_place(app, visitor, make, someone):
    slip = make.slip(someone, agency="CUS-1")
    make.cash(someone, slip.public_id, "CUS-2")
    news = at(slip.public_id, f"solicitud/novedades?solicitud={slip.number}")
    assert visitor.raw.get(news, headers={"HX-Request": "true"}).headers["HX-Redirect"] == at(slip.public_id)


def test_after_the_receipt_the_page_tells_how_it_goes_on(app, visitor, make, someone, drain):
    slip = make.slip(someone)
    news = at(slip.public_id, f"solicitud/novedades?solicitud={slip.number}")
    waiting = visitor.raw.get(news, headers={"HX-Request": "true"})
    assert (waiting.status_code, waiting.headers.get("HX-Redirect")) == (204, None)
    with app.app_context():
        receipts.receive(slip.number, slip.amount, make.collaborator().actor)
    paid = visitor.raw.get(news, headers={"HX-Request": "true"})
    assert (paid.status_code, paid.headers["HX-Redirect"]) == (204, at(slip.public_id))
    page = visitor.get(at(slip.public_id, "pago"))
    assert page.heading == "Estamos emitiendo su póliza"
    drain()
    page = visitor.get(at(slip.public_id))
    assert page.heading == "Listo, Juana. Su seguro está comprado."
    assert "tarjeta terminada" not in page.text


def test_the_slips_pdf_is_made_once_and_served_to_its_owner(app, visitor, make, someone, drain):
    slip = make.slip(someone)
    drain()
    pdf = PageClient(app).sign_in(someone).get(at(slip.public_id, "solicitud/pdf"))
    assert pdf.data.startswith(b"%PDF")
    other = PageClient(app).sign_in(make.customer()).get(at(slip.public_id, "solicitud/pdf"))
    assert other.status == 404


def test_processing_a_purchase_in_cash_is_refused_in_words(app, visitor, make, someone):
    slip = make.slip(someone)
    visitor.get(at(slip.public_id))
    page = visitor.post(at(slip.public_id, "pago"), {"monto": str(slip.amount)})
    assert "Esta compra se paga en efectivo" in page.text
    with app.app_context():
        assert db.session.scalars(select(Payment.state)).all() == ["awaiting_cash"]


def test_a_refused_card_offers_cash(visitor, make, someone):
    public_id = make.purchase(someone, Stage.PAID, last4="0001")
    page = visitor.get(at(public_id))
    page = visitor.follow(page, "Pagar en efectivo")
    assert page.heading == "¿Cómo quiere pagar?"
    (chosen,) = page.document.xpath("//input[@name='forma'][@checked]")
    assert chosen.get("value") == "efectivo"


def test_home_and_the_quote_say_where_and_until_when(app, make, someone):
    slip = make.slip(someone)
    visitor = PageClient(app).sign_in(someone)
    for path in ("/inicio", "/cotizaciones", "/cotizaciones/COT-2026-000001"):
        page = visitor.get(path)
        assert "Agencia Cusco Centro" in page.text, path
        assert " ".join(moment(slip.due_at).split()) in page.text, path
