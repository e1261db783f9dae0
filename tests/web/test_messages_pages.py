"""What was mailed, as its receiver reads it in the portal (S35)."""

import pytest
from sqlalchemy import select

from portal.domain.message import MessageState
from portal.extensions import db
from portal.models import Message
from portal.models.transaction import writing
from tests.factories import HOSPITAL, Stage


@pytest.fixture
def last(app):
    """The id of the newest message of a kind."""

    def find(kind):
        with app.app_context():
            return db.session.scalars(
                select(Message.id).where(Message.kind == kind).order_by(Message.id.desc()).limit(1)
            ).one()

    return find


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
        (document,) = db.session.get_one(Message, last("policy")).attachments
    client.sign_in(make.customer())
    assert client.get(f"/comunicaciones/{last('policy')}").status == 404
    assert client.get(f"/comunicaciones/{last('policy')}/documentos/{document.id}").status == 404


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
