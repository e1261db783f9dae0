"""The first page after signing in, and the collaborators' own."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from portal.extensions import db
from portal.services.sale import paying, purchasing
from portal.web.greeting import greeting
from tests.factories import HOSPITAL, Stage, beneficiary


@pytest.mark.parametrize(
    ("utc_hour", "words"),
    [(9, "Buenas noches"), (10, "Buenos días"), (16, "Buenos días"), (17, "Buenas tardes"), (23, "Buenas tardes")],
)
def test_greeting_follows_the_hour_of_lima(utc_hour, words):
    assert greeting(datetime(2026, 6, 16, utc_hour, 59, tzinfo=UTC)) == words


def test_greeting_after_dusk():
    assert greeting(datetime(2026, 6, 17, 0, 0, tzinfo=UTC)) == "Buenas noches"


def test_bare_address_leads_to_the_start_page_or_the_login(client, make):
    assert client.get("/").path == "/ingresar"
    assert client.sign_in(make.customer()).get("/").path == "/inicio"


def test_start_page_of_a_new_customer_leads_to_the_products(client, make):
    page = client.sign_in(make.customer()).get("/inicio")
    assert "Hoy no tiene un seguro vigente" in page.text
    assert page.links["Ver Productos"] == "/productos"
    assert "por hacer" not in page.text


def test_start_page_shows_what_to_finish_and_what_protects(client, make):
    juana = make.customer(names="Juana Rosa")
    policy = make.policy(juana, product=HOSPITAL)
    purchase, quote = make.purchase(juana), make.quote(juana)
    page = client.sign_in(juana).get("/inicio")
    assert page.heading.endswith(", Juana")
    assert "Tiene 1 cosa por hacer" in page.text
    assert "Sus cotizaciones vigentes" in page.text
    assert "Por empezar. Empieza mañana, el " in page.text or "Por empezar. Empieza hoy, el " in page.text
    assert {f"/compras/{purchase}", f"/cotizaciones/{quote}", f"/polizas/{policy}"} <= set(page.links.values())


def test_expired_quote_is_not_something_to_do(client, make, clock):
    juana = make.customer()
    make.quote(juana)
    make.purchase(juana)
    clock(days=16)
    assert "por hacer" not in client.sign_in(juana).get("/inicio").text


def test_a_payment_request_of_an_expired_quote_is_not_something_to_do(client, make, clock):
    juana = make.customer()
    make.purchase(juana, Stage.TERMS)
    clock(days=16)
    page = client.sign_in(juana).get("/inicio")
    assert "por hacer" not in page.text
    assert "Continuar" not in " ".join(page.links)


def test_a_payment_under_way_is_gone_on_with_whatever_became_of_its_quote(app, client, make, clock):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.TERMS)
    with app.app_context():
        paying.process(public_id, purchasing.get(public_id, juana.actor).amount, juana.actor)
    clock(days=16)
    assert f"/compras/{public_id}" in client.sign_in(juana).get("/inicio").links.values()


def test_start_page_shows_nothing_of_others(client, make):
    luis = make.customer()
    policy, quote = make.policy(luis), make.quote(luis)
    page = client.sign_in(make.customer()).get("/inicio")
    assert policy not in page.html
    assert quote not in page.html


@pytest.mark.parametrize("address", ["/inicio", "/cotizaciones", "/seguros", "/comunicaciones", "/siniestros"])
def test_pages_ask_the_same_few_questions_however_much_there_is(client, make, app, address):
    juana = make.customer()
    make.policy(juana)
    make.policy(juana, product=HOSPITAL)
    for _ in range(3):
        make.purchase(juana)
        make.quote(juana)
    client.sign_in(juana).get(address)
    with Counting(app) as statements:
        client.raw.get(address)
    assert len(statements) <= 6


def test_a_quote_and_a_policy_are_read_with_few_questions(client, make, app):
    juana = make.customer()
    valid, bought = make.quote(juana), make.quote(juana)
    policy = make.policy(juana, quote=bought, named=[beneficiary()])
    client.sign_in(juana)
    for address in (f"/cotizaciones/{valid}", f"/cotizaciones/{bought}", f"/polizas/{policy}"):
        client.get(address)
        with Counting(app) as statements:
            client.raw.get(address)
        assert len(statements) <= 6, address


def test_staff_are_led_to_their_own_page(client, make):
    page = client.sign_in(make.supervisor()).get("/inicio")
    assert page.path == "/gestion"
    assert "Supervisor" in page.text
    assert "/productos/muerte-accidental" in page.links.values()


def test_customers_have_no_desk(client, make):
    assert client.sign_in(make.customer()).get("/gestion").status == 403


class Counting:
    """The statements that reach the database meanwhile."""

    def __init__(self, app):
        with app.app_context():
            self.engine = db.engine
        self.statements = []

    def __enter__(self):
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self.statements

    def __exit__(self, *_):
        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, *_):
        if statement != "BEGIN":
            self.statements.append(statement)
