"""A message that did not arrive, sent again by its receiver to another address (B09)."""

import pytest

from tests.client import PageClient
from tests.factories import Stage


@pytest.fixture
def lost(make, drain, last):
    """Somebody whose policy did not arrive, and the number of its message."""
    juana = make.customer(email="no-existe@correo.pe")
    make.policy(juana)
    drain()
    return juana, last("policy")


@pytest.mark.parametrize("htmx", [False, True])
def test_not_delivered_corrected_and_delivered(app, lost, drain, mailbox, htmx):
    juana, number = lost
    client = PageClient(app, htmx=htmx).sign_in(juana)
    newest = client.get("/comunicaciones").document.xpath("//tbody/tr")[0]
    assert "La dirección de correo no existe" in newest.text_content()
    page = client.get(f"/comunicaciones/{number}")
    assert "Este correo no llegó a no-existe@correo.pe" in page.text
    assert "El correo de su cuenta sigue siendo no-existe@correo.pe" in page.text

    page = client.submit(page, {"correo": "juana@gmial.com"})
    assert page.status == 422
    assert page.errors["correo"] == "Revise esta dirección: puede tener un error."
    page = client.submit(page, button="Enviar a juana@gmail.com", action=f"/comunicaciones/{number}/otra-direccion")
    assert (page.status, page.path) == (200, f"/comunicaciones/{number}")
    assert "El mensaje sale ahora hacia juana@gmail.com" in page.text
    assert "Abra este mensaje otra vez en unos minutos" in page.text  # it tells nothing by itself
    assert "Antes se envió a no-existe@correo.pe" in page.text  # a label and its value
    drain()
    assert [mail.envelope_to for mail in mailbox.store.mails()] == [["juana@gmail.com"]]
    assert "Enviado" in client.get(f"/comunicaciones/{number}").text


def test_an_address_that_only_looks_wrong_is_taken_as_it_was_typed(client, lost, drain, mailbox):
    juana, number = lost
    page = client.sign_in(juana).get(f"/comunicaciones/{number}")
    page = client.submit(page, {"correo": "juana@gmial.com"})
    client.submit(page, button="Está bien como la escribí", action=f"/comunicaciones/{number}/otra-direccion")
    drain()
    assert [mail.envelope_to for mail in mailbox.store.mails()] == [["juana@gmial.com"]]


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "Escriba la dirección."), ("juana", "Escriba un correo como nombre@correo.com.")],
)
def test_what_is_no_address_is_said_at_the_field(client, lost, typed, words):
    juana, number = lost
    page = client.submit(client.sign_in(juana).get(f"/comunicaciones/{number}"), {"correo": typed})
    assert (page.status, page.errors["correo"]) == (422, words)


def test_a_mailbox_that_is_full_is_told_so(client, make, last, drain):
    rosa = make.customer(email="lleno@correo.pe")
    make.policy(rosa)
    drain()
    page = client.sign_in(rosa).get(f"/comunicaciones/{last('policy')}")
    assert "El buzón de correo está lleno. Borre mensajes de ese buzón" in page.text


def test_a_code_that_did_not_arrive_leads_to_a_new_one(client, make, last, drain):
    juana = make.customer(email="no-existe@correo.pe")
    public_id = make.purchase(juana, Stage.METHOD)
    drain()
    page = client.sign_in(juana).get(f"/comunicaciones/{last('purchase_code')}")
    assert page.links["su compra"] == f"/compras/{public_id}"
    assert not [form for form in page.forms if "direccion" in form.get("action")]
    answer = client.post(f"/comunicaciones/{last('purchase_code')}/otra-direccion", {"correo": "a@correo.pe"})
    assert answer.status == 422
    assert "pida uno nuevo" in answer.text


def test_a_window_left_open_says_where_the_message_is_going(client, lost, drain, mailbox):
    juana, number = lost
    stale = client.sign_in(juana).get(f"/comunicaciones/{number}")
    client.submit(stale, {"correo": "juana@correo.pe"})
    page = client.submit(stale, {"correo": "otra@correo.pe"})
    assert (page.status, page.path) == (200, f"/comunicaciones/{number}")
    assert "Este mensaje ya va en camino a juana@correo.pe" in page.text
    drain()
    page = client.submit(stale, {"correo": "otra@correo.pe"})
    assert page.status == 422
    assert "Este mensaje ya se envió otra vez, a juana@correo.pe" in page.errors[""]
    assert len(mailbox.store.mails()) == 1


def test_a_message_that_was_sent_can_go_to_the_right_address(client, make, last, drain, mailbox):
    rosa = make.customer(email="otra@correo.pe")
    make.policy(rosa)
    drain()
    page = client.sign_in(rosa).get(f"/comunicaciones/{last('policy')}")
    assert "¿No le llegó?" in page.text
    client.submit(page, {"correo": "rosa@correo.pe"})
    drain()
    assert {mail.envelope_to[0] for mail in mailbox.store.mails()} == {"otra@correo.pe", "rosa@correo.pe"}


def test_somebody_elses_message_is_not_found_in_any_form(client, make, lost, drain, mailbox):
    _, number = lost
    client.sign_in(make.customer())
    assert client.get(f"/comunicaciones/{number}/como-se-envio").status == 404
    assert client.post(f"/comunicaciones/{number}/otra-direccion", {"correo": "a@correo.pe"}).status == 404
    drain()
    assert mailbox.store.mails() == []


def test_sending_to_typed_addresses_is_limited_for_an_account(client, lost, app, make):
    juana, number = lost
    client.sign_in(juana).get(f"/comunicaciones/{number}")
    statuses = [client.post(f"/comunicaciones/{number}/otra-direccion", {"correo": "x"}).status for _ in range(11)]
    assert statuses == [422] * 10 + [429]
