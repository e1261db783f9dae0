"""What was mailed, as its receiver reads it in the portal (S35)."""

import pytest

from portal.domain.message import MessageState
from portal.extensions import db
from portal.models import Message
from portal.models.transaction import writing
from portal.services.messaging import inbox
from tests.factories import HOSPITAL, Stage


def test_list_says_of_each_message_whether_it_arrived(client, make, app, last, drain):
    juana = make.customer()
    number = make.policy(juana)
    drain()
    make.policy(juana, product=HOSPITAL)
    with app.app_context(), writing() as session:
        newest = session.get_one(Message, last("policy"))
        newest.move_to(MessageState.SENDING)
        newest.move_to(MessageState.FAILED)
    make.purchase(juana, Stage.METHOD)
    page = client.sign_in(juana).get("/comunicaciones")
    assert page.heading == "Mis Comunicaciones"
    rows = [" ".join(row.text_content().split()) for row in page.document.xpath("//tbody/tr")]
    assert "En camino" in rows[0]
    assert "No entregado" in next(row for row in rows if "Su póliza" in row)
    assert any(number in row and "Enviado" in row for row in rows)


def test_message_is_readable_as_it_was_sent(client, make, last, app):
    juana = make.customer()
    make.policy(juana)
    page = client.sign_in(juana).get(f"/comunicaciones/{last('policy')}")
    with app.app_context():
        message = db.session.get_one(Message, last("policy"))
        assert page.heading == message.subject
        for line in message.text_body.splitlines():
            assert " ".join(line.split()) in page.text
        assert message.recipient in page.text


def test_secret_is_never_shown(client, make, last, app):
    juana = make.customer()
    public_id = make.purchase(juana, Stage.METHOD)
    code = make.code(public_id)
    page = client.sign_in(juana).get(f"/comunicaciones/{last('purchase_code')}")
    assert code not in page.html
    assert "••••••" in page.text
    assert "El código o la clave ya no se muestra" in page.text


def test_attachment_is_the_stored_document(client, make, last, drain):
    juana = make.customer()
    number = make.policy(juana)
    drain()
    page = client.sign_in(juana).get(f"/comunicaciones/{last('policy')}")
    (address,) = [href for words, href in page.links.items() if f"{number}.pdf" in words]
    assert client.get(address).data == client.get(f"/polizas/{number}/pdf").data


def test_document_that_a_message_did_not_carry_is_not_found(client, make, last, drain, app):
    juana = make.customer()
    make.quote(juana)
    make.policy(juana)
    with app.app_context():
        carried = {one.id for one in db.session.get_one(Message, last("policy")).attachments}
    client.sign_in(juana)
    for document_id in range(1, 20):
        status = client.get(f"/comunicaciones/{last('policy')}/documentos/{document_id}").status
        assert (status != 404) == (document_id in carried)


def test_another_customers_message_is_not_found(client, make, last, app):
    make.policy(make.customer())
    with app.app_context():
        (document_id,) = [one.id for one in db.session.get_one(Message, last("policy")).attachments]
    client.sign_in(make.customer())
    assert client.get(f"/comunicaciones/{last('policy')}").status == 404
    assert client.get(f"/comunicaciones/{last('policy')}/documentos/{document_id}").status == 404


def test_html_of_a_mail_never_reaches_the_page(client, make, last, app):
    juana = make.customer()
    make.policy(juana)
    with app.app_context(), writing() as session:
        message = session.get_one(Message, last("policy"))
        message.text_body = "Hola <script>alert(1)</script>"
        message.html_body = "<p id='del-correo'>Hola</p>"
    page = client.sign_in(juana).get(f"/comunicaciones/{last('policy')}")
    assert "Hola &lt;script&gt;alert(1)&lt;/script&gt;" in page.html
    assert "del-correo" not in page.html


def test_message_not_delivered_says_what_to_do(client, make, last, app):
    juana = make.customer(email="juana@correo.pe")
    make.policy(juana)
    with app.app_context(), writing() as session:
        message = session.get_one(Message, last("policy"))
        message.move_to(MessageState.SENDING)
        message.move_to(MessageState.FAILED)
    page = client.sign_in(juana).get(f"/comunicaciones/{last('policy')}")
    assert "Este correo no llegó a juana@correo.pe" in page.text


def test_list_without_messages_is_kind(client, make):
    assert "Todavía no le enviamos mensajes" in client.sign_in(make.customer()).get("/comunicaciones").text


@pytest.mark.parametrize("number", ["99999999999999999999", "2147483648", "0"])
def test_number_that_no_message_has_is_not_found(client, make, number):
    client.sign_in(make.customer())
    assert client.get(f"/comunicaciones/{number}").status == 404
    assert client.get(f"/comunicaciones/1/documentos/{number}").status == 404


@pytest.mark.parametrize("key", ["99999999999999999999", "-99999999999999999999", "-1", "hola"])
@pytest.mark.parametrize("address", ["/comunicaciones", "/cotizaciones", "/seguros"])
def test_list_takes_any_key(client, make, address, key):
    assert client.sign_in(make.customer()).get(address, antes=key).status == 200


# --- filters, and the HTML part --------------------------------------------------------------------------------------


def lines(page):
    """What the list says, a line each."""
    return [" ".join(row.text_content().split()) for row in page.document.xpath("//tbody/tr")]


def test_each_line_says_what_happened_with_its_number(client, make, drain):
    juana = make.customer()
    number = make.policy(juana)
    make.purchase(juana, Stage.METHOD, product=HOSPITAL)
    drain()
    mailed = [line for line in lines(client.sign_in(juana).get("/comunicaciones")) if "Sin correo" not in line]
    code, policy = mailed[:2]
    assert code.startswith("Código para comprar")
    assert "COT-" in code
    assert policy.startswith("Póliza enviada")
    assert policy.count(number) == 2


def test_list_shows_one_topic_and_one_delivery(client, make, drain):
    juana = make.customer(email="no-existe@correo.pe")
    make.policy(juana)
    drain()
    make.purchase(juana, Stage.METHOD, product=HOSPITAL)
    client.sign_in(juana)
    page = client.get("/comunicaciones")
    everything = lines(page)
    page = client.follow(page, "Pólizas")
    assert page.path == "/comunicaciones?tema=polizas"
    assert lines(page) == [line for line in everything if "Su póliza" in line]
    page = client.follow(page, "No entregados")
    assert page.path == "/comunicaciones?tema=polizas&estado=no-entregados"
    assert len(lines(page)) == 1
    page = client.follow(page, "Compras y pagos")
    assert all("No entregado" in line for line in lines(page))
    page = client.get("/comunicaciones", tema="siniestros")
    assert "No hay mensajes aquí" in page.text
    assert lines(client.follow(page, "Ver todos")) == everything
    assert "En camino" in lines(client.get("/comunicaciones", estado="en-camino"))[0]
    assert all("Cotización hecha" in line for line in lines(client.get("/comunicaciones", tema="cotizaciones")))


def test_quoting_and_asking_a_bank_have_their_line_without_a_mail(client, make, clock):
    juana = make.customer()
    quote = make.quote(juana)
    make.quote(make.customer())
    clock(minutes=1)
    make.policy(juana)
    client.sign_in(juana)
    told = lines(client.get("/comunicaciones"))
    assert quote in told[-1], "the oldest last"
    assert [line.count("Cotización hecha") for line in told if "Cotización hecha" in line] == [1, 1]
    assert len([line for line in told if "Pago solicitado" in line and "S/ 72.92 de su cuenta" in line]) == 1
    assert not [line for line in lines(client.get("/comunicaciones", tema="polizas")) if "Sin correo" in line]
    assert not [line for line in lines(client.get("/comunicaciones", estado="en-camino")) if "Sin correo" in line]


def test_quotes_stand_on_the_page_of_their_time(client, make, clock):
    juana = make.customer()
    for _ in range(25):
        make.purchase(juana, Stage.METHOD)
        clock(minutes=1)
    client.sign_in(juana)
    first = client.get("/comunicaciones")
    second = client.follow(first, "Ver anteriores")
    quoted = [line for page in (first, second) for line in lines(page) if "Cotización hecha" in line]
    assert len(quoted) == len(set(quoted)) == 25


def test_what_is_too_much_for_a_page_is_not_left_out_unsaid(client, make, monkeypatch):
    juana = make.customer()
    monkeypatch.setattr(inbox, "MOST_UNMAILED", 2)
    oldest, *_ = [make.quote(juana) for _ in range(3)]
    page = client.sign_in(juana).get("/comunicaciones")
    assert len(lines(page)) == 2
    assert oldest not in page.text
    assert page.links["Ver todas sus cotizaciones"] == "/cotizaciones"
    monkeypatch.undo()
    assert oldest in client.get("/comunicaciones").text
    assert "Ver todas sus cotizaciones" not in client.get("/comunicaciones").links


def test_pages_keep_the_filters(client, make, app):
    juana = make.customer()
    for _ in range(25):
        make.purchase(juana, Stage.METHOD)
    client.sign_in(juana)
    page = client.get("/comunicaciones", tema="compras-y-pagos", estado="en-camino")
    assert len(lines(page)) == 20
    page = client.follow(page, "Ver anteriores")
    assert "tema=compras-y-pagos" in page.path
    assert "estado=en-camino" in page.path
    assert len(lines(page)) == 5


@pytest.mark.parametrize("query", [{"tema": "otra"}, {"estado": "failed"}, {"tema": "", "estado": "x"}])
def test_words_that_are_no_filter_choose_nothing(client, make, query):
    juana = make.customer()
    make.purchase(juana, Stage.METHOD)
    assert len(lines(client.sign_in(juana).get("/comunicaciones", **query))) == 2, "the quote and its code"


def test_the_html_part_is_read_as_it_was_sent_and_can_do_nothing(client, make, last, app):
    juana = make.customer()
    make.policy(juana)
    with app.app_context(), writing() as session:
        message = session.get_one(Message, last("policy"))
        message.html_body += "<script>alert(1)</script>"
        stored = message.html_body
    page = client.sign_in(juana).get(f"/comunicaciones/{last('policy')}")
    answer = client.get(page.links["Ver el correo en grande (se abre aparte)"])
    assert page.document.xpath("//iframe/@src") == [answer.path]
    assert page.document.xpath("//iframe/@sandbox") == ["allow-popups allow-popups-to-escape-sandbox"]
    assert answer.response.get_data(as_text=True).replace('<base target="_blank">', "") == stored
    policy = answer.response.headers["Content-Security-Policy"].split("; ")
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert not [rule for rule in policy if rule.startswith(("script-src", "connect-src", "frame-src"))]


def test_the_html_part_shows_no_secret_before_or_after_it_left(client, make, last, drain):
    juana = make.customer()
    code = make.code(make.purchase(juana, Stage.METHOD))
    client.sign_in(juana)
    for _ in ("before", "after"):
        html = client.get(f"/comunicaciones/{last('purchase_code')}/como-se-envio").html
        assert code not in html
        assert "••••••" in html
        drain()


def test_only_that_address_has_a_policy_of_its_own(client, make, last):
    juana = make.customer()
    make.policy(juana)
    number = last("policy")
    client.sign_in(juana)
    for path in ("/comunicaciones", f"/comunicaciones/{number}", f"/comunicaciones/{number + 999}/como-se-envio"):
        assert "unsafe" not in client.get(path).response.headers["Content-Security-Policy"]
