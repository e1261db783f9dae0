""" "Registrar Evidencia" in a browser without a script."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from portal.domain.claim import PaperState
from portal.models import Evidence
from portal.models.transaction import writing
from portal.services.policies import cancellation
from portal.services.policies import policy as policies
from tests.decoder.printed_pages import spoiled
from tests.decoder.strangers import REFUSED, drawing, encoded, pdf

PHOTO = encoded(drawing(), "JPEG")
FORM = "/polizas/{}/evidencia"


@pytest.fixture
def juana(make):
    return make.customer()


@pytest.fixture
def number(make, juana):
    return make.policy(juana)


@pytest.fixture
def browser(client, juana):
    return client.sign_in(juana)


@pytest.fixture
def send(browser, number):
    """Sends a file of a kind, by the page's own form; the page that answers."""

    def send(kind: str, data: bytes = PHOTO, *, field: str = "archivo", query: str = ""):
        address = f"{FORM.format(number)}/{kind}{query}"
        return browser.post(address, {field: FileStorage(io.BytesIO(data), "foto.jpg")})

    return send


def test_the_policy_and_the_summary_lead_there(browser, make, juana, number):
    page = browser.follow(browser.get(f"/polizas/{number}"), "Registrar Evidencia")
    assert page.heading == "Registrar Evidencia"
    assert "Su seguro ya vale: esto no lo cambia" in page.text


def test_what_was_sent_is_listed_with_its_state_and_its_sender(send):
    page = send("foto_persona", field="foto")
    assert "Recibido: foto de la persona." in page.text
    assert "por usted" in page.text
    assert "le confirmamos por correo que llegó" in page.text


def test_what_can_not_be_taken_is_said_at_its_place_and_the_rest_stays(send, browser, number):
    send("documento_anverso")
    page = send("poliza_firmada", REFUSED["PDF that runs a script"][0])
    assert page.status == 422
    assert "trae un programa adentro" in page.text
    assert "por usted" in page.text


def test_a_full_disk_is_the_portals_trouble_and_the_file_is_sent_again(send, browser, number, monkeypatch):
    page = send("foto_persona", field="foto")
    token = page.document.xpath("//input[@name='csrf_token']/@value")[0]

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("portal.integrations.reception.tempfile.TemporaryFile", full)
        data = {"csrf_token": token, "archivo": FileStorage(io.BytesIO(PHOTO), "foto.jpg")}
        response = browser.raw.post(f"{FORM.format(number)}/poliza_firmada", data=data)
    assert response.status_code == 503
    assert "No pudimos guardar el archivo" in response.get_data(as_text=True)
    assert send("poliza_firmada").status == 200


def test_a_photo_that_is_hard_to_read_is_taken_and_said_so(send):
    page = send("poliza_firmada", encoded(spoiled("blurred", 1), "JPEG", quality=60))
    assert "No se lee bien" in page.text
    assert "deje esta: la revisamos igual" in page.text


def test_what_was_sent_is_given_back_as_a_file_to_its_owner_alone(send, browser, clients, make, number):
    page = send("poliza_firmada", pdf())
    (link,) = page.document.xpath("//a[@class='thumb']/@href")
    other = clients().sign_in(make.customer())
    for address, kind in ((link, "application/pdf"), (f"{link}/miniatura", "image/jpeg")):
        answer = browser.raw.get(address)
        assert (answer.status_code, answer.mimetype) == (200, kind)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert other.raw.get(address).status_code == 404
    assert other.raw.get(FORM.format(number)).status_code == 404


def test_what_was_sent_is_taken_back_before_it_is_reviewed(send, browser):
    page = send("poliza_firmada", pdf())
    (link,) = page.document.xpath("//a[@class='thumb']/@href")
    page = browser.submit(page, action=f"{link}/quitar")
    assert "Quitado. Puede enviar otro." in page.text
    assert not page.document.xpath("//a[@class='thumb']")


def test_a_photo_that_is_hard_to_read_is_left_alone_once_the_policy_is_cancelled(app, browser, send, juana, number):
    send("poliza_firmada", encoded(spoiled("blurred", 1), "JPEG", quality=60))
    with app.app_context(), writing():
        cancellation.cancel(policies.get(number, juana.actor))
    page = browser.get(FORM.format(number))
    assert "No se lee bien" not in page.text
    assert page.document.xpath("//main//form[@data-upload]") == []


def test_of_a_cancelled_policy_nothing_is_asked_any_more(app, browser, send, juana, number):
    send("foto_persona", field="foto")
    with app.app_context(), writing() as session:
        evidence = session.scalars(select(Evidence)).one()
        evidence.move_to(PaperState.OBSERVED)
        evidence.reason = "No se ve la cara."
        cancellation.cancel(policies.get(number, juana.actor))
    page = browser.get(FORM.format(number))
    assert "Ya no tiene que enviarnos nada" in page.text
    for words in ("Le toca a usted", "No se ve la cara"):
        assert words not in page.text
    assert page.document.xpath("//main//form[@data-upload]") == []
    assert "ya no hace falta registrar evidencia" in send("documento_anverso").text
