"""A press that comes late: it carries what its page offered, begins nothing else, and shows what became of that."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import CashReceipt, Code, Message, Payment
from portal.services.sale import paying, purchasing
from tests.client import PageClient
from tests.factories import PASSWORD, Stage
from tests.web.test_cash_pages import search
from tests.web.test_signup_pages import accept, agree, fill_in
from tests.web.wizard import at


@pytest.fixture
def count(app):
    def count(model, *where):
        with app.app_context():
            return db.session.scalar(select(func.count()).select_from(model).where(*where))

    return count


def pay(visitor, page, public_id):
    return visitor.submit(page, {}, button="Procesar Pago", action=at(public_id, "pago"))


def test_five_presses_of_one_page_are_one_refusal_and_the_next_page_tries_again(
    visitor, make, someone, drain, bank, count
):
    public_id = make.purchase(someone, Stage.TERMS, last4="0001")
    page = visitor.get(at(public_id, "pago"))
    for _ in range(5):
        refused = pay(visitor, page, public_id)
        drain()
    assert "terminada en 0001 (Banco Andino del Perú): saldo insuficiente" in visitor.get(refused.path).text
    assert len(bank.ledger.entries()["charges"]) == count(Message, Message.kind == "payment_refused") == 1
    for _ in range(5):
        pay(visitor, refused, public_id)
        drain()
    assert len(bank.ledger.entries()["charges"]) == count(Message, Message.kind == "payment_refused") == 2


def test_a_press_of_a_page_that_offered_no_try_begins_none_after_a_refusal(visitor, make, someone, drain, bank):
    public_id = make.purchase(someone, Stage.PAID, last4="0001")
    visitor.get(at(public_id, "pago"))
    page = visitor.post(at(public_id, "pago"), {"monto": "72.92"})
    drain()
    assert "Su banco no aprobó el pago" in page.text
    assert len(bank.ledger.entries()["charges"]) == 1


def test_a_press_for_answers_that_were_edited_since_charges_nothing_and_says_so(app, visitor, make, someone, bank):
    public_id = make.purchase(someone, Stage.TERMS)
    page = visitor.get(at(public_id, "pago"))
    make.method(someone, public_id, "5555")
    with app.app_context():
        paying.request_payment(public_id, someone.actor, accepts=True)
    page = pay(visitor, page, public_id)
    assert "Su solicitud de pago cambió. No se cobró nada." in page.text
    assert page.path == at(public_id, "pago")
    assert bank.ledger.entries()["charges"] == []
    pay(visitor, page, public_id)
    with app.app_context():
        assert purchasing.is_committed(purchasing.get(public_id, someone.actor))


def test_a_late_press_of_the_terms_makes_no_second_request(visitor, make, someone, drain, count):
    public_id = make.purchase(someone, Stage.VERIFICATION, last4="0001")
    terms = visitor.get(at(public_id, "terminos"))
    pay(visitor, visitor.submit(terms, {"acepta": True}), public_id)
    drain()
    page = visitor.submit(terms, {"acepta": True})
    assert "Su banco no aprobó el pago" in page.text
    assert count(Payment) == 1


def test_a_code_is_sent_once_a_page(visitor, make, someone, clock, count):
    public_id = make.purchase(someone, Stage.METHOD)
    clock(minutes=2)
    page = visitor.get(at(public_id, "verificacion"))
    for _ in range(3):
        answer = visitor.submit(page, {}, button="Enviar otro código", action=at(public_id, "verificacion"))
        assert (answer.status, answer.errors) == (200, {})
    assert count(Code) == count(Message, Message.kind == "purchase_code") == 2
    again = visitor.submit(answer, {}, button="Enviar otro código", action=at(public_id, "verificacion"))
    assert "Puede pedir otro en" in again.errors["codigo"], "a page shown since asks for another"


def test_a_code_of_a_sign_up_is_sent_once_a_page(client, clock, count):
    page = accept(client)
    clock(minutes=2)
    page = client.get(page.path)
    for _ in range(3):
        assert client.submit(page, {}, action=f"{page.path}/reenviar").errors == {}
    assert count(Code) == 2


def test_a_code_of_a_recovery_is_sent_once_a_page(client, make, clock, count):
    number = make.customer().identity.number
    page = client.submit(client.get("/recuperar"), {"tipo_documento": "DNI", "numero_documento": number})
    clock(minutes=2)
    page = client.get(page.path)
    for _ in range(3):
        assert client.submit(page, {}, action=f"{page.path}/reenviar").errors == {}
    assert count(Code) == 2


def test_a_code_for_another_address_is_sent_once_a_page(client, make, clock, count):
    page = client.sign_in(make.customer()).get("/perfil/correo")
    page = client.submit(page, {"correo": "otra@correo.pe", "actual": PASSWORD})
    for wait in (0, 2):
        clock(minutes=wait)
        page = client.get("/perfil/correo")
        for _ in range(3):
            assert client.submit(page, {}, action="/perfil/correo/codigo").errors == {}
    assert count(Code) == 2


def test_the_cashier_who_presses_twice_sees_the_receipt_and_nobody_else_does(app, make, someone, count):
    slip = make.slip(someone)
    carla, luis = (PageClient(app).sign_in(make.collaborator()) for _ in range(2))
    own, other = search(carla, slip.code), search(luis, slip.code)
    for _ in range(3):
        page = carla.submit(own, {"monto": "72.92"})
        assert page.path.startswith("/gestion/caja/recibos/RC-")
        assert "No reciba" not in page.text
    assert "No reciba el dinero: ya se cobró" in luis.submit(other, {"monto": "72.92"}).text
    assert count(CashReceipt) == 1


def test_a_sign_up_typed_once_is_accepted_once(client, count):
    page = fill_in(client)
    for _ in range(3):
        agree(client, page)
    assert count(Message, Message.kind == "account_code") == 1


def test_a_card_is_asked_of_the_bank_once_a_page(visitor, make, someone, bank):
    public_id = make.purchase(someone, Stage.METHOD)
    page = visitor.get(at(public_id, "forma-de-pago"))
    for _ in range(6):  # the bank would refuse the sixth try
        answer = visitor.submit(page, {"digitos": "0010"}, button="Siguiente")
        assert "no encontró una cuenta" in answer.errors["digitos"]
    assert visitor.submit(answer, {"digitos": "5555"}, button="Siguiente").path == at(public_id, "verificacion")
