"""The reviewer's pages: one evidence after the other, with what it is compared to."""

from __future__ import annotations

import io

import pytest
from werkzeug.datastructures import FileStorage

from tests.decoder.strangers import drawing, encoded, pdf

PHOTO = encoded(drawing(), "JPEG")


@pytest.fixture
def juana(make):
    return make.customer()


@pytest.fixture
def number(make, juana):
    return make.policy(juana)


@pytest.fixture
def sender(clients, juana, number):
    return clients().sign_in(juana)


@pytest.fixture
def send(sender, number):
    def send(kind: str, data: bytes = PHOTO):
        return sender.post(
            f"/polizas/{number}/evidencia/{kind}", {"archivo": FileStorage(io.BytesIO(data), "foto.jpg")}
        )

    return send


@pytest.fixture
def desk(client, make):
    return client.sign_in(make.supervisor())


def opened(desk):
    """The oldest of the list."""
    page = desk.get("/gestion/evidencias")
    return desk.submit(page, action=page.document.xpath("//form[contains(@action, '/abrir')]/@action")[0])


def test_the_list_says_nothing_of_the_customer(send, desk, juana):
    send("foto_persona")
    page = desk.get("/gestion/evidencias")
    assert "Foto de la persona" in page.text
    assert juana.surname not in page.document.find(".//main").text_content()
    assert "evidencia por revisar" in desk.get("/gestion").text


def test_the_picture_stands_beside_what_it_is_compared_to(send, desk, number, juana):
    send("foto_persona")
    page = opened(desk)
    for words in (number, juana.identity.number, "Nadie: compró por su cuenta", "El cliente"):
        assert words in page.text
    (picture,) = page.document.xpath("//*[@data-stage]/img/@src")
    assert desk.raw.get(picture).mimetype == "image/jpeg"


def test_a_pdf_is_shown_by_its_first_page_and_saved_whole(send, desk):
    send("poliza_firmada", pdf())
    page = opened(desk)
    (picture,) = page.document.xpath("//*[@data-stage]/img/@src")
    assert picture.endswith("/miniatura")
    assert desk.raw.get(picture).mimetype == "image/jpeg"
    (whole,) = page.document.xpath("//a[@download]/@href")
    assert desk.raw.get(whole).mimetype == "application/pdf"


def test_accepting_opens_the_next_and_the_last_leads_to_the_list(send, desk):
    send("foto_persona")
    send("documento_anverso")
    page = desk.submit(opened(desk), button="Aceptar y pasar a la siguiente A", action=desk.page.path)
    assert "foto del documento, adelante" in page.heading
    page = desk.submit(page, button="Aceptar y pasar a la siguiente A", action=page.path)
    assert page.path == "/gestion/evidencias"
    assert "No hay evidencias" in page.text


def test_a_reason_alone_says_its_sentence_to_the_customer(send, desk, sender, number):
    send("poliza_firmada")
    page = opened(desk)
    desk.submit(page, {"motivo": "3"}, button="Pedirla otra vez", action=page.path)
    page = sender.get(f"/polizas/{number}/evidencia")
    assert "Le toca a usted" in page.text
    assert "No vemos su firma" in page.text
    assert "No vemos su firma" in sender.get("/inicio").text
    send("poliza_firmada", pdf())
    page = sender.get(f"/polizas/{number}/evidencia")
    assert "Lo que envió antes" in page.text
    assert "Le toca a usted" not in page.text


def test_own_words_go_before_the_reasons(send, desk, sender, number):
    send("poliza_firmada")
    page = opened(desk)
    typed = {"motivo": "6", "texto": "Falta la segunda hoja."}
    desk.submit(page, typed, button="Pedirla otra vez", action=page.path)
    assert "Falta la segunda hoja." in sender.get(f"/polizas/{number}/evidencia").text


def test_without_a_reason_nothing_is_asked(send, desk):
    send("poliza_firmada")
    page = opened(desk)
    page = desk.submit(page, button="Pedirla otra vez", action=page.path)
    assert page.status == 422
    assert "Elija qué le falta o escríbalo" in page.text


def test_what_changed_meanwhile_is_looked_at_again_and_the_words_stay(send, desk):
    send("foto_persona")
    page = opened(desk)
    send("foto_persona", encoded(drawing((80, 64)), "JPEG"))
    page = desk.submit(page, {"texto": "Está oscura."}, button="Pedirla otra vez", action=page.path)
    assert page.status == 422
    assert "mientras usted la miraba" in page.text
    assert page.values("texto")["texto"].strip() == "Está oscura."
    page = desk.submit(page, button="Pedirla otra vez", action=page.path)
    assert page.path == "/gestion/evidencias"


def test_a_clerk_sends_for_the_customer_and_sees_only_what_they_sent(send, clients, make, sender, juana, number):
    send("foto_persona")
    clerk = make.collaborator(names="Carmen", paternal_surname="Salas")
    at_desk = clients().sign_in(clerk)
    page = at_desk.get("/gestion/buscar")
    page = at_desk.submit(page, {"dato": juana.identity.number}, action="/gestion/buscar")
    page = at_desk.follow(page, f"Registrar Evidencia de {number}")
    address = page.path
    assert not page.document.xpath("//a[@class='thumb']")
    page = at_desk.post(f"{address}/documento_anverso", {"archivo": FileStorage(io.BytesIO(PHOTO), "dni.jpg")})
    (link,) = page.document.xpath("//a[@class='thumb']/@href")
    assert at_desk.raw.get(link).mimetype == "image/jpeg"
    mine = sender.get(f"/polizas/{number}/evidencia")
    files = {one.rsplit("/", 1)[1] for one in mine.document.xpath("//a[@class='thumb']/@href")}
    (own,) = files - {link.rsplit("/", 1)[1]}
    for address_of in (f"{address}/archivos/{own}", f"{address}/archivos/{own}/miniatura"):
        assert at_desk.raw.get(address_of).status_code == 404
    assert "Agencia Cusco" in mine.text
