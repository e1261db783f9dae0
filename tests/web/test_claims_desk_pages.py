"""/gestion/siniestros: the queue and the page of one claim."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.clock import today
from portal.extensions import db
from portal.models import AuditEntry
from portal.services.claims import attachments, papers
from portal.services.claims import claim as rows
from portal.services.evidence import uploads
from tests.client import PageClient
from tests.decoder.strangers import TAKEN, drawing, encoded


@pytest.fixture
def desk(app):
    """Signs somebody of the staff in."""
    return lambda member: PageClient(app).sign_in(member)


@pytest.fixture
def send(app):
    """A file for each document that a claim waits for."""

    def send(number, owner):
        with app.app_context():
            for paper in papers.missing(rows.get(number, owner.actor)):
                photo = io.BytesIO(TAKEN["JPEG with its place"][0])
                attachments.send(paper.id, paper.claim, photo, owner.actor)

    return send


def test_a_claim_is_taken_from_the_queue_and_read(make, desk):
    owner = make.customer(names="Fidel", paternal_surname="Quispe", maternal_surname="Huamán")
    number = make.claim(owner, on=today() - timedelta(days=3))
    at = f"/gestion/siniestros/{number}"
    carmen = desk(make.collaborator(names="Carmen", paternal_surname="Salas"))
    queue = carmen.get("/gestion/siniestros").text
    for words in ("Fidel Quispe Huamán", "Renta diaria", "Leer y ver qué falta"):
        assert words in queue
    before = carmen.get(at)
    assert "Tuve fiebre" not in before.text, "nobody reads the file of a claim that they don't have"
    page = carmen.submit(before, action=f"{at}/tomar")
    assert page.path == at
    for words in ("Tuve fiebre", "Fuera de las fechas", "Prima pagada", "lo tiene usted"):
        assert words in page.text
    assert number in carmen.get("/gestion/siniestros", de="mios").text
    other = desk(make.collaborator()).get(at)
    assert "Carmen Salas" in other.text
    assert "Tuve fiebre" not in other.text
    assert "Tuve fiebre" in desk(make.supervisor()).get(at).text


def test_what_it_would_pay_by_the_days_that_were_told_stands_beside_the_story(make, desk):
    number = make.claim(make.customer(), days=40)
    member = make.collaborator()
    make.taken(number, member)
    page = desk(member).get(f"/gestion/siniestros/{number}").text.replace("\xa0", " ")
    assert "S/ 70.00 × 30 días = S/ 2,100.00. Son 40; el plan paga hasta 30 días al año." in page


def test_the_queue_has_notices_among_the_claims_in_groups_by_what_is_most_pressing(make, desk, clock):
    notice = make.notice()
    clock(days=2)
    claim, told = make.claim(make.customer(), complete=True), make.notice()
    carmen = desk(make.collaborator())
    queue = carmen.get("/gestion/siniestros")
    assert queue.document.xpath("//tr[@class='grp']/th/text()") == ["Vencidos", "Hoy y mañana", "Más adelante"]
    assert queue.document.xpath("//td//a/b/text()") == [notice, told, claim]
    assert "41873350" not in queue.text, "whom it is about is read by who has it"
    page = carmen.submit(queue, action=f"/gestion/avisos/{told}/tomar")
    assert page.path == f"/gestion/avisos/{told}"
    assert "41873350" in carmen.get("/gestion/siniestros", etapa="por-emparejar").text
    assert carmen.submit(queue, action="/gestion/siniestros/siguiente").path == f"/gestion/avisos/{notice}"


def test_a_document_is_seen_large_when_it_is_asked_for_and_then_recorded(app, make, desk, send):
    def looks():
        with app.app_context():
            return db.session.scalars(select(AuditEntry.id).where(AuditEntry.action == "file.open")).all()

    owner = make.customer()
    number = make.claim(owner)
    send(number, owner)
    at = f"/gestion/siniestros/{number}"
    carmen = desk(make.collaborator())
    page = carmen.submit(carmen.get(at), action=f"{at}/tomar")
    pictures = page.document.xpath("//*[@id='documentos']//img/@src")
    assert pictures, "the documents that came have their pictures"
    assert all(one.endswith("/miniatura") for one in pictures)
    large = carmen.follow(page, "Ver grande V")
    (shown,) = large.document.xpath("//*[@data-stage]//img/@src")
    assert not looks()
    assert carmen.get(shown).status == 200
    assert len(looks()) == 1
    assert not carmen.follow(large, "Ver pequeño V").document.xpath("//*[@data-stage]")


def test_documents_are_accepted_and_the_answer_is_proposed_and_confirmed(make, desk, send):
    owner = make.customer()
    number = make.claim(owner)
    send(number, owner)
    at = f"/gestion/siniestros/{number}"
    carla, jorge = desk(make.collaborator()), desk(make.supervisor())
    page = carla.post(f"{at}/tomar")
    assert "Antes, revise 2 documentos." in page.text
    for _ in range(2):
        page = carla.submit(page, action=_first(page, "/aceptar"))
    assert "Documentos completos" in page.text
    counted = carla.submit(page, {"que": "aprobar", "dias": "6"}, button="Calcular", action=f"{at}/propuesta")
    assert "S/ 420.00" in counted.text.replace("\xa0", " ")
    proposed = carla.submit(counted, {"que": "aprobar", "dias": "6", "aviso": "Todo claro."}, action=f"{at}/propuesta")
    assert "Falta que otra persona confirme" in proposed.text
    shown = jorge.get(at)
    assert "«Todo claro.»" in shown.text
    done = jorge.submit(shown, button="Confirmar S/ 420.00", action=f"{at}/decision")
    assert "Aprobado" in done.text
    again = jorge.submit(shown, button="Confirmar S/ 420.00", action=f"{at}/decision")
    assert "Usted ya lo decidió" in again.text


def test_an_observed_document_says_its_reason_in_words(make, desk, send):
    owner = make.customer()
    number = make.claim(owner)
    send(number, owner)
    at = f"/gestion/siniestros/{number}"
    carla = desk(make.collaborator())
    page = carla.post(f"{at}/tomar")
    wrong = carla.submit(page, {"texto": ""}, action=_first(page, "/observar"))
    assert wrong.status == 422
    assert "Elija qué le falta" in wrong.text
    written = carla.submit(
        page, {"motivo": "otro", "texto": "Falta la hora de salida."}, action=_first(page, "/observar")
    )
    assert "«Falta la hora de salida.»" in written.text
    assert "Observado" in written.text


def test_what_somebody_sent_meanwhile_is_told_before_it_is_accepted(app, make, desk, send):
    owner = make.customer()
    number = make.claim(owner)
    send(number, owner)
    at = f"/gestion/siniestros/{number}"
    carla = desk(make.collaborator())
    page = carla.post(f"{at}/tomar")
    with app.app_context():
        paper = min(rows.get(number, owner.actor).papers, key=lambda one: (one.state.value != "received", one.id))
        uploads.take(papers.file_place(paper), io.BytesIO(encoded(drawing(), "PNG")), owner.actor)
    refused = carla.submit(page, action=_first(page, "/aceptar"))
    assert refused.status == 422
    assert "Llegó otro archivo mientras usted lo leía" in refused.text


def test_a_note_is_kept_for_colleagues(make, desk):
    number = make.claim(make.customer())
    at = f"/gestion/siniestros/{number}"
    carla = desk(make.collaborator())
    page = carla.post(f"{at}/tomar")
    noted = carla.submit(page, {"nota": "Llamar después de las 17:00."}, action=f"{at}/notas")
    assert "Llamar después de las 17:00." in noted.text
    assert carla.submit(page, {"nota": " "}, action=f"{at}/notas").status == 422


def _first(page, ending):
    return next(form.get("action") for form in page.forms if form.get("action").endswith(ending))
