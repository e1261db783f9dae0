"""Notices at the desk: taken, matched, answered, written down by a collaborator (B01)."""

from __future__ import annotations

from sqlalchemy import select

from portal.domain import clock, formats
from portal.domain.claim import EventKind, NoticeState
from portal.domain.notice import Event
from portal.extensions import db
from portal.models import Claim, Notice
from tests.client import PageClient
from tests.factories import ACCIDENT, beneficiary


def state(app, number: str) -> NoticeState:
    with app.app_context():
        return db.session.scalars(select(Notice.state).where(Notice.number == number)).one()


def test_a_notice_is_taken_matched_and_its_sender_named(app, make):
    insured, daughter = make.customer(), beneficiary("Nilda")
    policy = make.policy(insured, product=ACCIDENT, named=[daughter])
    event = Event(EventKind.DEATH, insured.identity, "", clock.today(), "Se cayó de un andamio.")
    number = make.notice(event, make.sender(identity=daughter.identity))
    desk = PageClient(app).sign_in(make.collaborator())
    page = desk.follow(desk.get("/gestion/avisos"), f"Ver el aviso {number}")
    assert "andamio" not in page.text, "not before it is taken"
    page = desk.submit(page, action=f"/gestion/avisos/{number}/tomar")
    assert "Se cayó de un andamio." in page.text
    assert "Se parece 1 póliza" in page.text
    page = desk.submit(page, {"poliza": f"{policy} muerte-accidental"}, button="Emparejar y abrir el siniestro")
    assert "Emparejado con SIN-2026-000001" in page.text
    assert state(app, number) is NoticeState.MATCHED
    page = desk.submit(page, {"persona": "avisa"}, button="Guardar")
    assert page.path.startswith(f"/gestion/avisos/{number}")
    with app.app_context():
        notice = db.session.scalars(select(Notice).where(Notice.number == number)).one()
        assert notice.matches[0].party.kind.value == "notifier"


def test_nothing_ticked_is_said_at_the_boxes(app, make):
    insured = make.customer()
    make.policy(insured, product=ACCIDENT)
    number = make.notice(Event(EventKind.DEATH, insured.identity, "", None, ""))
    desk = PageClient(app).sign_in(make.collaborator())
    page = desk.submit(desk.get(f"/gestion/avisos/{number}"), action=f"/gestion/avisos/{number}/tomar")
    page = desk.submit(page, {"poliza": [], "dia": formats.day(clock.today())}, button="Emparejar y abrir el siniestro")
    assert page.status == 422
    assert page.errors["poliza"] == "Marque la póliza de este aviso, o diga que ninguna es suya."


def test_another_policy_is_found_and_none_closes_it(app, make):
    insured = make.customer()
    policy = make.policy(insured, product=ACCIDENT)
    number = make.notice()
    desk = PageClient(app).sign_in(make.collaborator())
    page = desk.submit(desk.get(f"/gestion/avisos/{number}"), action=f"/gestion/avisos/{number}/tomar")
    assert "Ninguna póliza se parece" in page.text
    wrong = desk.submit(page, {"dato": "00000000"}, button="Buscar")
    assert wrong.errors["dato"] == "No encontramos ninguna póliza con ese dato."
    found = desk.submit(page, {"dato": insured.identity.number}, button="Buscar")
    assert policy in found.text
    assert insured.identity.number not in found.path
    page = desk.submit(desk.get(f"/gestion/avisos/{number}"), action=f"/gestion/avisos/{number}/ninguna")
    assert state(app, number) is NoticeState.CLOSED


def test_a_collaborator_writes_down_what_is_told_by_phone(app, make):
    desk = PageClient(app).sign_in(make.collaborator())
    typed = {
        "que": "accidente",
        "nombre_asegurado": "Hilario Apaza",
        "numero_documento": "41873350",
        "nombres": "Nilda",
        "apellidos": "Apaza",
        "parentesco": "hija",
        "su_numero": "73140962",
    }
    page = desk.submit(desk.get("/gestion/avisos/nuevo"), typed | {"su_numero": "731"})
    assert page.errors["su_numero"] == "El DNI tiene 8 dígitos. Usted escribió 3."
    done = desk.submit(page, {"su_numero": "73140962"})
    assert done.path == "/gestion/avisos/AV-2026-000001"
    assert "El número es AV-2026-000001" in done.text
    again = desk.submit(page, {"su_numero": "73140962"})
    assert again.path == done.path, "pressed twice it is one notice"
    with app.app_context():
        notice = db.session.scalars(select(Notice)).one()
        assert (notice.email, notice.insured_name) == ("", "Hilario Apaza")
        assert db.session.scalars(select(Claim)).all() == []


def test_the_beneficiaries_are_told_and_it_is_written_down(app, make):
    insured, daughter = make.customer(), beneficiary("Nilda")
    policy = make.policy(insured, product=ACCIDENT, named=[daughter])
    number = make.notice(Event(EventKind.DEATH, insured.identity, "", clock.today(), ""))
    desk = PageClient(app).sign_in(make.collaborator())
    page = desk.submit(desk.get(f"/gestion/avisos/{number}"), action=f"/gestion/avisos/{number}/tomar")
    desk.submit(page, {"poliza": f"{policy} muerte-accidental"}, button="Emparejar y abrir el siniestro")
    page = desk.follow(desk.get("/gestion/avisos/familias"), "Avisar a los de SIN-2026-000001")
    assert "Nilda" in page.text
    page = desk.submit(page, {"como": ""}, button="Ya le avisé")
    assert page.status == 422
    page = desk.submit(page, {"como": "Por teléfono"}, button="Ya le avisé")
    assert "Avisado" in page.text
    assert "No hay nadie por avisar." in desk.get("/gestion/avisos/familias").text


def test_another_name_under_a_known_document_stands_side_by_side(app, make):
    insured, daughter = make.customer(), beneficiary("Nilda")
    policy = make.policy(insured, product=ACCIDENT, named=[daughter])
    event = Event(EventKind.DEATH, insured.identity, "", clock.today(), "")
    number = make.notice(event, make.sender(names="Carlos", surnames="Mendoza", identity=daughter.identity))
    desk = PageClient(app).sign_in(make.collaborator())
    page = desk.submit(desk.get(f"/gestion/avisos/{number}"), action=f"/gestion/avisos/{number}/tomar")
    assert "Mismo documento, otro nombre" in page.text
    page = desk.submit(page, {"poliza": f"{policy} muerte-accidental"}, button="Emparejar y abrir el siniestro")
    assert "Con el documento solo no basta" in page.text
    assert "Nilda Quispe Mamani Es otro" in page.text
    wrong = desk.submit(page, {"persona": "es:1"}, button="Guardar")
    assert wrong.errors == {"persona-1": "El nombre es otro. Antes acepte el documento de identidad de esa persona."}
    page = desk.submit(desk.get(f"/gestion/avisos/{number}"), action=f"/gestion/avisos/{number}/ninguna")
    assert state(app, number) is NoticeState.CLOSED
