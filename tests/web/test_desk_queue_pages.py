"""The staff's desk: what waits in business words, what was given up, and payments that people confirm."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select, update

from portal.domain import clock as portal_clock
from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.models import Account, AuditEntry, Message, Payment
from portal.models.transaction import writing
from portal.services.desk.background import PARTS
from portal.services.platform import heartbeats
from tests import draining
from tests.client import PageClient
from tests.factories import Stage
from tests.guards.queries import CEILING, queries


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def desk(app, make, request):
    """A collaborator's browser, in both worlds."""
    return PageClient(app, htmx=request.param).sign_in(make.collaborator())


@pytest.fixture
def supervisor(app, make):
    return PageClient(app).sign_in(make.supervisor())


@pytest.fixture
def all_alive(app):
    with app.app_context():
        for part in PARTS:
            heartbeats.beat(f"{part}@tests:1", part, portal_clock.now())


@pytest.fixture
def give_up(app):
    return partial(draining.give_up, app, reason="recipient refused: 550")


def state(app, number):
    with app.app_context():
        return db.session.scalars(select(Payment.state).where(Payment.number == number)).one()


def test_the_desk_is_calm_when_nothing_waits(desk, all_alive):
    page = desk.get("/gestion")
    assert "Todo está al día" in page.text
    assert "Todo está al día" in desk.get("/gestion/cola").text


def test_mail_that_our_own_server_refused_is_sent_by_one_press(app, desk, make, drain, mailbox):
    for _ in range(2):
        make.policy(make.customer())
    draining.give_up(app, "mail", "message refused: 550 5.4.5")
    page = desk.get("/gestion/cola")
    assert "la dirección del cliente puede estar bien" in page.text
    page = desk.submit(page, action="/gestion/cola/correos/reintentar")
    assert "correos salen ahora" in page.text
    drain()
    assert len(mailbox.store.mails()) >= 2
    assert "la dirección del cliente puede estar bien" not in desk.get("/gestion/cola").text


def test_a_mail_that_was_given_up_leads_to_its_customer_and_goes_to_the_corrected_address(
    app, desk, make, give_up, drain, mailbox
):
    juana = make.customer()
    policy = make.policy(juana)
    give_up("mail")
    page = desk.get("/gestion/cola")
    assert page.document.xpath("//*[@hx-get='/gestion/cola'][@hx-trigger]/@hx-headers") == ['{"X-By-Itself": "1"}']
    assert desk.raw.get(f"/gestion/clientes/{juana.account_id}").status_code == 404
    (form,) = [one.get("action") for one in page.forms if one.get("action", "").endswith("/cliente")][-1:]
    mail = desk.submit(page, action=form)
    assert mail.path.startswith(f"/gestion/clientes/{juana.account_id}/correos/")
    assert "La dirección de correo no existe" in mail.text
    assert "Corregir correo" in mail.links
    assert len(queries(app, desk, mail.path) or ()) <= CEILING
    with app.app_context():
        looks = select(AuditEntry.subject).where(AuditEntry.action == "mail.open")
        assert db.session.scalars(looks).all() == [f"mail:{mail.path.rpartition('/')[2]}"], "once in 12 hours"
    html = mail.links["Ver el correo como se envió (se abre aparte)"]
    assert policy in desk.get(html).html
    with app.app_context(), writing() as session:
        session.execute(update(Message).values(kind="of_the_account"))
    assert desk.raw.get(html).status_code == 404
    with app.app_context(), writing() as session:
        session.execute(update(Message).values(kind="policy"))
    assert desk.get(f"/gestion/clientes/{juana.account_id}").status == 200  # recorded, as a search is
    with app.app_context(), writing() as session:
        session.get_one(Account, juana.account_id).email = "bien@example.com"
    sent = desk.submit(desk.get(mail.path), action=f"{mail.path}/otra-vez")
    assert "El correo sale otra vez, a bien@example.com" in sent.text
    drain()
    (arrived,) = [one for one in mailbox.store.mails() if one.envelope_to == ["bien@example.com"]]
    assert policy in arrived.header("Subject")
    again = desk.submit(mail, action=f"{mail.path}/otra-vez")
    assert "Este correo ya está en camino" in again.text


def test_the_queue_asks_again_by_itself_until_somebody_stops_it(desk):
    asks = "//*[@hx-get='/gestion/cola'][@hx-trigger]"
    page = desk.get("/gestion/cola")
    assert page.document.xpath(asks)
    still = desk.get(page.links["Que no se actualice sola"])
    assert not still.document.xpath(asks)
    assert not desk.get(still.links["Actualizar"]).document.xpath(asks)
    assert desk.get(still.links["Que se actualice sola"]).document.xpath(asks)


def test_the_desk_says_in_business_words_what_waits(desk, make, give_up, all_alive):
    make.policy(make.customer())
    make.payment_in_review(make.customer())
    give_up("mail")
    for path in ("/gestion", "/gestion/cola"):
        page = desk.get(path)
        assert "Todo está al día" not in page.text
        assert "1 póliza sin enviar desde las" in page.text
        assert "1 pago por confirmar" in page.text


def test_the_desk_says_which_part_of_the_background_work_stands_still(desk, app, clock, all_alive):
    clock(minutes=2)
    with app.app_context():
        for part in ("charges", "documents", "schedule"):
            heartbeats.beat(f"{part}@tests:1", part, portal_clock.now())
    page = desk.get("/gestion")
    assert "El envío de correos está detenido desde las" in page.text
    assert "El cargo a cuentas" not in page.text
    assert "Todo está al día" not in page.text


def test_what_was_given_up_is_retried_by_its_button(desk, app, make, give_up, drain, mailbox):
    juana = make.customer()
    make.policy(juana)
    make.printed_quote(juana)
    give_up("documents", reason="PdfTimeout")
    give_up("quotes", reason="PdfTimeout")
    page = desk.get("/gestion/cola")
    assert "PDF de la póliza" in page.text
    assert "PdfTimeout" not in page.text
    retried = next(form for form in page.forms if "/reintentar" in (form.get("action") or ""))
    page = desk.submit(page, {}, action=retried.get("action"))
    assert page.path == "/gestion/cola"
    assert "Lo intentamos otra vez. En unos segundos" in page.text  # it tells nothing by itself
    again = desk.post(retried.get("action"), {})
    assert "no hizo falta repetirlo" in again.text


def test_a_code_that_is_erased_cannot_be_retried_and_says_what_to_do(desk, make, give_up):
    make.purchase(make.customer(), Stage.METHOD)
    give_up("mail")
    page = desk.get("/gestion/cola")
    assert "el cliente debe pedir otro" in page.text
    assert not [form for form in page.forms if "/reintentar" in (form.get("action") or "")]


def test_the_technical_queue_is_offered_to_supervisors_only(desk, supervisor):
    assert "/colas/" not in desk.get("/gestion/cola").links.values()
    assert "/colas/" in supervisor.get("/gestion/cola").links.values()


def test_two_people_end_a_payment_in_the_pages(desk, app, make, supervisor):
    number = make.payment_in_review(make.customer())
    assert number in desk.get("/gestion/pagos").text
    page = desk.follow(desk.get("/gestion/pagos"), number)
    typed = {"resultado": "cobro", "referencia": "ch_0041", "explicacion": "Mesa de comercios, sra. Paredes"}
    page = desk.submit(page, typed, button="Proponer este resultado")
    assert "Falta que lo confirme un supervisor" in page.text
    assert state(app, number) is PaymentState.IN_REVIEW
    assert not [form for form in page.forms if "/decision" in (form.get("action") or "")]
    page = supervisor.get(f"/gestion/pagos/{number}")
    assert "ch_0041" in page.text
    assert "sra. Paredes" in page.text
    assert "Juana Mamani Quispe" in page.text
    page = supervisor.submit(page, {}, button="Confirmar y cerrar el pago", action=f"{page.path}/decision")
    assert "Confirmado" in page.text
    assert state(app, number) is PaymentState.APPROVED


def test_a_supervisor_does_not_find_the_button_for_their_own_proposal(supervisor, app, make):
    number = make.payment_in_review(make.customer())
    page = supervisor.get(f"/gestion/pagos/{number}")
    typed = {"resultado": "no-cobro", "referencia": "C-9", "explicacion": "Por teléfono"}
    page = supervisor.submit(page, typed, button="Proponer este resultado")
    assert not [form for form in page.forms if "/decision" in (form.get("action") or "")]
    answer = supervisor.post(f"/gestion/pagos/{number}/decision", {"confirmar": "1"})
    assert "otra persona" in answer.text
    assert state(app, number) is PaymentState.IN_REVIEW


def test_turning_it_down_leaves_it_open_to_another_proposal(desk, app, make, supervisor):
    number = make.payment_in_review(make.customer())
    page = desk.get(f"/gestion/pagos/{number}")
    desk.submit(page, {"resultado": "cobro", "referencia": "ch_1", "explicacion": "Por teléfono"})
    page = supervisor.get(f"/gestion/pagos/{number}")
    page = supervisor.submit(page, {}, button="Rechazar la propuesta", action=f"{page.path}/decision")
    assert "sigue en revisión" in page.text
    assert desk.get(f"/gestion/pagos/{number}").form_with(["referencia"]) is not None


def test_confirming_what_nobody_proposed_says_so_on_the_page(supervisor, make):
    number = make.payment_in_review(make.customer())
    page = supervisor.post(f"/gestion/pagos/{number}/decision", {"confirmar": "1"})
    assert page.status == 422
    assert "ya lo decidió" in page.errors[""]


def test_what_is_missing_is_said_at_its_field(desk, make):
    number = make.payment_in_review(make.customer())
    page = desk.submit(desk.get(f"/gestion/pagos/{number}"), {"referencia": "con espacios y tildes á"})
    assert page.status == 422
    assert set(page.errors) >= {"resultado", "referencia", "explicacion"}


def test_the_payment_shows_the_bank_what_it_needs_and_nobody_personal_data(desk, app, make):
    juana = make.customer(names="Hermelinda", email="hermelinda@example.com")
    number = make.payment_in_review(juana)
    with app.app_context():
        payment = db.session.scalars(select(Payment)).one()
    page = desk.get(f"/gestion/pagos/{number}")
    for fact in (payment.number, payment.idempotency_key, payment.card_last4, payment.bank_name, "S/ 72.92"):
        assert fact in page.text.replace("\xa0", " ")
    for private in ("Hermelinda", juana.email, juana.identity.number):
        assert private not in page.html


def test_the_customers_page_says_who_is_at_it_and_until_when(app, make):
    juana = make.customer()
    make.payment_in_review(juana)
    with app.app_context():
        payment = db.session.scalars(select(Payment)).one()
        public_id = payment.purchase.public_id
    page = PageClient(app).sign_in(juana).get(f"/compras/{public_id}")
    assert "Una persona confirma su pago" in page.heading
    assert "No pague otra vez" in page.text
    assert payment.answer_by is not None
    assert payment.answer_by.astimezone(portal_clock.LIMA).strftime("%d/%m/%Y") in page.text


def test_a_payment_that_the_release_before_left_to_people_is_told_as_any_other(app, make, desk):
    juana = make.customer()
    number = make.payment_in_review(juana)
    with app.app_context(), writing() as session:
        session.execute(update(Payment).values(in_review_at=None))
        public_id = session.scalars(select(Payment)).one().purchase.public_id
    client = PageClient(app).sign_in(juana)
    assert "Una persona confirma su pago" in client.get(f"/compras/{public_id}").heading
    assert client.get("/inicio").status == 200
    page = desk.get("/gestion/pagos")
    assert "Los confirma una persona" in page.text
    assert "El portal le está preguntando" not in page.text
    assert desk.follow(page, number).form_with(["referencia"]) is not None


@pytest.mark.parametrize("path", ["/gestion", "/gestion/cola", "/gestion/pagos"])
def test_a_desk_page_costs_the_same_few_queries_however_much_waits(app, make, give_up, path):
    client = PageClient(app).sign_in(make.supervisor())

    def more() -> None:
        make.policy(make.customer())
        make.payment_in_review(make.customer())
        give_up("mail")
        give_up("documents", reason="PdfTimeout")

    more()
    client.get(path)
    few = queries(app, client, path)
    for _ in range(4):
        more()
    many = queries(app, client, path)
    assert few
    assert many
    assert len(few) <= CEILING, few
    assert len(many) == len(few), many


def test_a_charge_that_came_too_late_is_on_the_desk_with_what_to_do(app, make, desk, supervisor, all_alive):
    number = make.payment_in_review(make.customer())
    with app.app_context(), writing() as session:
        payment = session.scalars(select(Payment).where(Payment.number == number)).one()
        payment.move_to(PaymentState.DECLINED)
        payment.charge_id, payment.authorization_code = "ch_late", "123456"
    page = desk.get("/gestion")
    assert "1 cobro por devolver" in page.text
    page = desk.get("/gestion/pagos")
    assert "Por devolver al cliente" in page.text
    assert "Devolver al cliente" in page.text
    page = desk.follow(page, number)
    assert "que devuelva este cargo" in page.text
    assert "ch_late" in page.text
    assert "Nunca" in page.text
    assert "El cliente espera hasta" not in page.text, "it was told that the payment ended"
    assert set(desk.submit(page, {"referencia": ""}).errors) == {"referencia", "explicacion"}
    page = desk.submit(page, {"referencia": "rf_9", "explicacion": "Mesa de comercios, sra. Paredes"})
    assert "Propuesto, falta la segunda persona" in page.text
    page = supervisor.get(f"/gestion/pagos/{number}")
    assert "El banco devolvió el dinero" in page.text
    assert "rf_9" in page.text
    page = supervisor.submit(page, {}, button="Confirmar la devolución", action=f"/gestion/pagos/{number}/decision")
    assert "avisamos al cliente por correo y el pago sale de la lista" in page.text
    assert "Cerrado: el banco cobró fuera de plazo" in page.text
    assert "Devolución del banco rf_9" in page.text
    assert "por devolver" not in desk.get("/gestion").text
