"""The counter's pages in both worlds: what they say, what they refuse, and what never stands in an address."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from portal.domain.refund import RefundState
from portal.extensions import db
from portal.models import CashReceipt, Code, Decision, Message, Payment, Policy, Refund
from portal.models.transaction import writing
from portal.services.desk import cash_desk
from portal.services.payments import receipts, slips
from portal.services.payments.refunds import CASH_REFUND
from portal.services.platform import encryption
from tests.client import PageClient
from tests.factories import ACCIDENT, beneficiary

AMOUNT = "72.92"


@pytest.fixture
def juana(make):
    return make.customer(names="Juana Rosa")


@pytest.fixture
def cashier(make):
    return make.collaborator(names="Carla", paternal_surname="Ríos")


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def desk(app, cashier, request):
    return PageClient(app, htmx=request.param).sign_in(cashier)


def search(client, typed, kind="codigo"):
    return client.submit(client.get("/gestion/caja"), {"tipo": kind, "dato": typed})


def numbers(app, column):
    with app.app_context():
        return list(db.session.scalars(select(column)))


def test_from_a_code_to_the_receipt(app, make, juana, desk):
    slip = make.slip(juana)
    page = search(desk, f"{slip.code[:3]} {slip.code[3:]}")
    assert (page.path, page.heading) == (f"/gestion/caja/{slip.number}", f"Solicitud {slip.number}")
    for fact in ("Juana Rosa Mamani Quispe", juana.identity.number, "Agencia Cusco Centro", AMOUNT, "Por cobrar"):
        assert fact in page.text
    assert "Recibe S/ 100.00 S/ 27.08" in page.text
    assert page.document.xpath("//input[@autofocus]/@name") == ["monto"]
    page = desk.submit(page, {"monto": "S/ 72,92"})
    (receipt,), (policy,) = numbers(app, CashReceipt.number), numbers(app, Policy.number)
    assert page.path == f"/gestion/caja/recibos/{receipt}"
    assert "La póliza quedó emitida" in page.text
    assert policy in page.text
    assert page.document.xpath("//input[@autofocus]/@name") == ["dato"]  # the next customer
    index = desk.get("/gestion/caja")
    assert receipt in index.text
    assert "Recibido hoy S/72.921 recibo Entregado hoy S/0.000 entregas" in index.text


def test_a_slip_is_opened_from_the_list_of_those_that_are_awaited_and_the_look_is_recorded(app, make, juana, desk):
    slip = make.slip(juana)
    page = desk.get("/gestion/caja")
    assert page.document.xpath("//input[@autofocus]/@name") == ["dato"]
    row = next(one for one in page.forms if dict(one.form_values()).get("dato") == slip.code)
    assert "Juana Mamani" in page.text
    opened = desk.post("/gestion/caja", dict(row.form_values()))
    assert (opened.path, opened.status) == (f"/gestion/caja/{slip.number}", 200)


def test_the_day_stands_above_the_list_with_what_left_and_nobody_confirmed(app, make, juana, cashier, desk):
    late = make.slip(juana)
    with app.app_context():
        with writing():
            slips.cancel(receipts.slip(late.number))
        receipts.receive_to_return(late.number, late.amount, cashier.actor)
        (line,) = CASH_REFUND.waiting(cashier.actor, limit=9)
    assert "hoy, por confirmar" not in desk.get("/gestion/caja").text
    make.hand_over(line.row.number, cashier)
    text = desk.get("/gestion/caja").text
    assert "Entregado hoy, por confirmar S/72.921 entrega" in text
    assert text.index("Recibido hoy") < text.index("Por cobrar")


def test_change_is_told_only_where_there_is_some(app, make, juana, desk):
    slip = make.slip(juana)
    with app.app_context(), writing() as session:
        session.execute(update(Payment).where(Payment.number == slip.number).values(amount=Decimal("200.00")))
    assert "Vuelto" not in search(desk, slip.code).text


def test_more_than_the_amount_says_the_change_and_records_nothing(app, make, juana, desk):
    page = desk.submit(search(desk, make.slip(juana).code), {"monto": "100"})
    assert "dé S/ 27.08 de vuelto" in page.errors["monto"].replace("\xa0", " ")
    assert page.document.xpath("//input[@autofocus]") == []  # the summary has it
    assert numbers(app, CashReceipt.number) == []


@pytest.mark.parametrize(("role", "asked"), [("collaborator", "pida a un supervisor"), ("supervisor", "a otro super")])
def test_a_supervisor_without_agency_is_sent_to_another_supervisor(app, make, role, asked):
    member = make.supervisor() if role == "supervisor" else make.collaborator(agency=None)
    assert asked in PageClient(app).sign_in(member).get("/gestion/caja").text


def test_a_document_never_stands_in_an_address(make, juana, desk):
    make.slip(juana)
    page = search(desk, juana.identity.number, "DNI")
    assert page.status == 200
    assert not any(juana.identity.number in address for address in (page.path, *page.passed))


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("codigo", "", "Escriba el código o el número"),
        ("codigo", "SP-2026-000001", "Ese es el número de la solicitud. Escriba el código de pago"),
        ("codigo", "123 456 789", "Algún número del código"),
        ("codigo", "123456782", "No hay ninguna solicitud"),
        ("DNI", "1234567", "El DNI tiene 8 dígitos. Usted escribió 7."),
        ("DNI", "09876543", "no tiene ninguna solicitud"),
    ],
)
def test_what_is_not_found_is_said_at_the_field_and_stays_typed(desk, kind, typed, words):
    page = search(desk, typed, kind)
    assert (page.status, page.path) == (422, "/gestion/caja")
    assert words in page.errors["dato"]
    assert page.values("dato")["dato"] == typed


@pytest.mark.parametrize(("typed", "words"), [("70", "72.92 exactos"), ("", "Escriba el monto"), ("x", "como 72.92")])
def test_a_wrong_amount_is_said_at_the_field_and_stays_typed(app, make, juana, desk, typed, words):
    page = desk.submit(search(desk, make.slip(juana).code), {"monto": typed})
    assert page.status == 422
    assert words in page.errors["monto"].replace("\xa0", " ")
    assert page.values("monto")["monto"] == typed
    assert numbers(app, CashReceipt.number) == []


def test_twice_leads_to_the_slip_that_shows_the_first(app, make, juana, desk):
    slip = make.slip(juana)
    page = search(desk, slip.code)
    first = PageClient(app).sign_in(make.collaborator(names="Luis", paternal_surname="Soto"))
    first.submit(search(first, slip.code), {"monto": AMOUNT})
    (receipt,) = numbers(app, CashReceipt.number)
    again = desk.submit(page, {"monto": AMOUNT})
    assert again.path == f"/gestion/caja/{slip.number}"
    assert f"Esta solicitud ya se cobró: recibo {receipt}" in again.text
    assert f'ya se cobró: recibo <span class="nb">{receipt}</span>' in again.html
    assert "Lo registró Luis Soto" in again.text
    assert f"/gestion/caja/recibos/{receipt}" in again.links.values()
    assert len(numbers(app, Policy.number)) == 1


def test_a_slip_that_expired_while_its_page_was_open(app, make, juana, desk, clock):
    slip = make.slip(juana)
    page = search(desk, slip.code)
    # No longer payable, within the session's half hour: its deadline is moved instead of the clock.
    with app.app_context():
        row = db.session.scalars(select(Payment)).one()
        row.due_at = row.created_at
        db.session.commit()
    page = desk.submit(page, {"monto": AMOUNT})
    assert page.path == f"/gestion/caja/{slip.number}"
    assert "No cobre esta solicitud" in page.text
    assert "ya había vencido" in page.text
    page = desk.submit(page, {"monto": AMOUNT, "se_fue": "y"})
    (refund,) = numbers(app, Refund.number)
    assert refund in page.text
    assert "Este dinero no compró el seguro" in page.text
    assert numbers(app, Policy.number) == []
    assert "1 devolución por entregar" in desk.get("/gestion/caja").text


def test_money_is_handed_over_to_whoever_says_the_code_of_the_mail(app, make, juana, cashier, desk, clock):
    slip = make.slip(juana)
    with app.app_context():
        clock(days=4)
        receipts.receive_to_return(slip.number, slip.amount, make.collaborator().actor)
    clock()
    (number,) = numbers(app, Refund.number)
    address = f"/gestion/caja/devoluciones/{number}"
    page = desk.get(address)
    assert "codigo" not in page.html.partition("<main")[2].replace("/codigo", ""), "nothing to type before it was sent"
    assert juana.email not in page.html, "the address is veiled"
    before = page
    page = desk.submit(page, {}, action=f"{address}/codigo")
    assert "Pídale que se lo diga" in page.text
    assert desk.submit(before, {}, action=f"{address}/codigo").path == address, "pressed again, it is that one"
    assert len(numbers(app, Code.id)) == 2  # the purchase's, and this
    page = desk.submit(page, {"codigo": "", "reviso": True}, action=f"{address}/entregar")
    assert page.errors["codigo"] == "Escriba los 6 dígitos que le dice la persona."
    code = mailed(app, "refund_code")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    page = desk.submit(page, {"codigo": wrong, "reviso": True}, action=f"{address}/entregar")
    assert page.errors["codigo"] == "El código no es correcto. Le quedan 4 intentos."
    page = desk.submit(page, {"codigo": f"{code[:3]} {code[3:]}", "reviso": True}, action=f"{address}/entregar")
    assert "Falta que otra persona confirme" in page.text
    for path in ("entregar", "confirmar"):
        desk.post(f"{address}/{path}", {"codigo": code, "reviso": "y", "entregado": "si"})
    assert numbers(app, Refund.state) == [RefundState.AWAITING_COLLECTION]
    other = PageClient(app).sign_in(make.collaborator())
    assert "Se entregó y se confirmó" in other.submit(other.get(address), {"entregado": "si"}).text


def test_of_a_long_list_the_oldest_come_first_and_the_next_page_leads_on(app, make, juana, cashier, desk, clock):
    slip = make.slip(juana)
    clock(days=4)
    with app.app_context():
        receipts.receive_to_return(slip.number, slip.amount, cashier.actor)
        (refund,) = db.session.scalars(select(Refund))
        kept = ("account_id", "payment_id", "agency_code", "state", "method", "amount")
        same = {name: getattr(refund, name) for name in kept}
        db.session.add_all(Refund(number=f"DV-2026-{one:06d}", **same) for one in range(2, 23))
        db.session.commit()
    clock()
    page = desk.get("/gestion/caja/devoluciones")
    assert _listed(page) == [f"DV-2026-{one:06d}" for one in range(1, 21)]
    page = desk.follow(page, "Ver más")
    assert _listed(page) == ["DV-2026-000021", "DV-2026-000022"]
    assert "Ver más" not in page.links
    assert len(_listed(desk.follow(page, "Desde el comienzo"))) == 20
    assert "No hay más." in desk.get("/gestion/caja/devoluciones?tras=99999999999").text


def _listed(page):
    return [one.text_content() for one in page.document.xpath("//tbody/tr/td[1]//b")]


def test_two_clicks_of_colleagues_end_no_refund_without_a_code(app, make, juana, desk, clock):
    slip = make.slip(juana)
    with app.app_context():
        clock(days=4)
        receipts.receive_to_return(slip.number, slip.amount, make.collaborator().actor)
    clock()
    (number,) = numbers(app, Refund.number)
    other = PageClient(app).sign_in(make.collaborator())
    for browser in (desk, other):
        browser.get("/gestion/caja")
        page = browser.post(f"/gestion/caja/devoluciones/{number}/entregar", {"reviso": "y"})
        assert page.errors == {"": "Escriba los 6 dígitos que le dice la persona."}
        browser.post(f"/gestion/caja/devoluciones/{number}/entregar", {"reviso": "y", "codigo": "000000"})
        browser.post(f"/gestion/caja/devoluciones/{number}/confirmar", {"entregado": "si"})
    assert numbers(app, Refund.state) == [RefundState.AWAITING_COLLECTION]
    assert numbers(app, Decision.id) == []


def mailed(app, kind: str) -> str:
    """The code of the newest mail of a kind."""
    with app.app_context():
        sealed = db.session.scalars(
            select(Message.secret).where(Message.kind == kind).order_by(Message.id.desc()).limit(1)
        ).one()
        assert sealed
        return encryption.unseal(sealed)


def test_a_collaborator_without_agency_reads_why_nothing_can_be_done(client, make, juana):
    client.sign_in(make.collaborator(agency=None))
    page = client.get("/gestion/caja")
    assert "Su cuenta no tiene una agencia" in page.text
    assert not page.document.xpath("//main//*[@name='dato']")
    for path in ("/gestion/caja", "/gestion/caja/SP-2026-000001/recibo"):
        page = client.post(path, {"tipo": "DNI", "dato": juana.identity.number, "monto": AMOUNT})
        assert page.path == "/gestion/caja"
        assert "Pida a un supervisor" in page.text


def test_staff_with_a_part_in_it_are_led_away_with_words(client, make, juana):
    slip = make.slip(juana)
    page = search(client.sign_in(make.collaborator(document_number=juana.identity.number)), slip.code)
    assert page.path == "/gestion/caja"
    assert page.text.count("Usted figura en esta compra") == 1


def test_a_slip_that_was_not_searched_for_is_not_found(make, juana, client, cashier):
    page = client.sign_in(cashier).get(f"/gestion/caja/{make.slip(juana).number}")
    assert page.status == 404
    assert "Busque la solicitud en Caja" in page.text


def test_another_person_reverses_with_a_reason(app, make, juana, cashier, desk, call_receive):
    receipt = call_receive(make.slip(juana), make.collaborator())
    page = desk.get(f"/gestion/caja/recibos/{receipt}")
    empty = desk.submit(page, {"detalle": ""})
    assert empty.status == 422
    assert set(empty.errors) == {"motivo", "detalle"}
    page = desk.submit(page, {"motivo": "sin_dinero", "detalle": "Se fue sin pagar"})
    assert "Este recibo está anulado" in page.text
    assert "Se fue sin pagar" in page.text
    assert not page.document.xpath("//main//form")


def test_after_it_the_cashier_reads_where_to_record_money_of_a_customer_who_left(make, juana, desk, call_receive):
    slip = make.slip(juana)
    receipt = call_receive(slip, make.collaborator())
    page = desk.get(f"/gestion/caja/recibos/{receipt}")
    assert "Ya recibí el dinero" not in page.text
    page = desk.submit(page, {"motivo": "sin_dinero", "detalle": "Se fue sin pagar"})
    assert f"{slip.code[:3]} {slip.code[3:6]} {slip.code[6:]}" in page.text.replace("\xa0", " ")
    assert "/gestion/caja" in page.document.xpath("//main//section[@aria-labelledby='se-fue']//a/@href")
    page = desk.submit(search(desk, slip.code), {"monto": AMOUNT}, button="Ya recibí el dinero")
    assert page.status == 422
    assert set(page.errors) == {"se_fue"}
    page = desk.submit(page, {"monto": AMOUNT, "se_fue": "y"}, button="Ya recibí el dinero")
    assert "se abrió su devolución" in page.text


def test_who_recorded_it_reads_that_another_person_reverses(make, juana, cashier, desk, call_receive):
    page = desk.get(f"/gestion/caja/recibos/{call_receive(make.slip(juana), cashier)}")
    assert "Lo registró usted: si fue un error, pida a otra persona" in page.text
    assert page.document.xpath("//main//form/@action") == ["/gestion/caja"]  # the next customer's slip


def test_the_receipt_is_printed_at_the_counter(make, juana, cashier, desk, call_receive, drain):
    receipt = call_receive(make.slip(juana), cashier)
    assert PageClient(desk.app).sign_in(cashier).get(f"/gestion/caja/recibos/{receipt}/pdf").status == 202
    drain()
    page = PageClient(desk.app).sign_in(cashier).get(f"/gestion/caja/recibos/{receipt}/pdf")
    assert page.data.startswith(b"%PDF-")
    assert PageClient(desk.app).sign_in(juana).get(f"/gestion/caja/recibos/{receipt}/pdf").status == 403


def test_a_cancelled_policy_says_so_wherever_its_customer_looks(app, make, juana, cashier, client, drain, call_receive):
    slip = make.slip(juana)
    receipt = call_receive(slip, cashier)
    other = PageClient(app).sign_in(make.collaborator())
    page = other.get(f"/gestion/caja/recibos/{receipt}")
    other.submit(page, {"motivo": "otro", "detalle": "Prueba"})
    drain()
    (number,) = numbers(app, Policy.number)
    client.sign_in(juana)
    page = client.get(f"/polizas/{number}")
    assert "Esta póliza está anulada" in page.text
    assert "Anulada" in page.text
    assert "Enviar Email" not in page.text
    for words in ("Descargar el endoso", "Descargar la póliza anulada"):
        assert client.follow(page, words).data.startswith(b"%PDF-")
    assert client.get(f"/compras/{slip.public_id}/resumen").path == f"/polizas/{number}"
    assert "Anulada" in client.get("/seguros").text
    assert "ya no la enviamos por correo" in client.post(f"/polizas/{number}/correo").text
    with app.app_context():
        token = db.session.scalars(select(Policy.verification_token)).one()
    assert "Esta póliza fue anulada" in client.get(f"/verificar/{token}").text


@pytest.fixture
def call_receive(app):
    def receive(slip, member):
        with app.app_context():
            cash_desk.find_by_code(slip.code, member.actor)
            return receipts.receive(slip.number, slip.amount, member.actor)

    return receive


def test_an_heir_is_written_down_from_the_list_of_what_the_bank_refused(make, juana, desk, drain):
    number = make.refund_refused(juana)
    address = f"/gestion/caja/devoluciones/{number}/heredero"
    assert "¿Falleció?" in desk.get("/gestion/pagos").text
    page = desk.get(address)
    assert "No consta que su dueño haya fallecido" in page.text
    make.death_paid(make.claim(juana, ACCIDENT, named=[beneficiary("Rosa", share="100")], complete=True))
    drain()
    heir = {"nombre": "Luis Apaza Huamán", "numero_documento": "40556677", "correo": "luis@example.pe"}
    page = desk.submit(desk.get(address), heir)
    assert page.status == 422
    page = desk.submit(page, {**heir, "prueba": "Partida 11234567, Cusco"})
    assert page.heading.startswith("Devolución DV-")
    for fact in ("Luis Apaza Huamán", "40556677", "Partida 11234567, Cusco", "l•••@example.pe"):
        assert fact in page.text, fact
    assert re.search(rf"Su dueño, que falleció\s+Juana Rosa [\w ]+, {juana.identity}", page.text), page.text
    assert "corríjalo, abajo." in page.text
    assert desk.follow(page, "Corregir quién la recoge, o su correo").path.endswith("/heredero")
