"""A notice of a death or an accident, given without an account (B01)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import Message, Notice
from tests.client import Page, PageClient
from tests.factories import Factories

EVENT = {"que": "fallecimiento", "numero_documento": "41873350", "dia": "14/06/2026", "relato": "Se cayó."}
SENDER = {
    "numero_documento": "73140962",
    "nombres": "Nilda",
    "apellidos": "Apaza Huamán",
    "parentesco": "hija",
    "correo": "nilda@example.com",
    "celular": "984 330 127",
}


def code_of(app, kind: str = "notice_code") -> str:
    """The six digits mailed last."""
    return Factories(app).mailed_code(kind)


def give_notice(app, browser: PageClient, **changes: str) -> Page:
    """All three steps; the page with the number."""
    page = browser.submit(browser.get("/avisos"), EVENT | {k: v for k, v in changes.items() if k in EVENT})
    page = browser.submit(page, SENDER | {k.removeprefix("su_"): v for k, v in changes.items() if k not in EVENT})
    return browser.submit(page, {"codigo": code_of(app)})


def numbered(app) -> list[Notice]:
    with app.app_context():
        return list(db.session.scalars(select(Notice).where(Notice.number.is_not(None))))


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_notice_is_three_steps_and_always_has_a_number(app, htmx):
    page = give_notice(app, PageClient(app, htmx=htmx))
    assert page.heading == "Recibimos su aviso"
    (found,) = numbered(app)
    assert found.number == "AV-2026-000001"
    assert found.number in page.text
    assert "nilda@example.com" in page.text
    assert (found.names, found.relation, found.phone) == ("Nilda", "hija", "984330127")
    assert page.document.xpath("//main//*[contains(@class, 'btn-primary')]") == [], "nothing is left to be done"
    with app.app_context():
        mail = db.session.scalars(select(Message).where(Message.kind == "notice_received")).one()
        assert mail.recipient == "nilda@example.com"
        assert "AV-2026-000001" in mail.text_body


def test_it_asks_for_the_document_or_the_policy(app):
    browser = PageClient(app)
    page = browser.submit(browser.get("/avisos"), {"que": "fallecimiento"})
    assert page.errors["numero_documento"] == "Escriba el documento de la persona, o el número de su póliza."
    page = browser.submit(page, {"que": "fallecimiento", "poliza": "ma-2026-000184"})
    assert page.path.endswith("/quien")
    with app.app_context():
        assert db.session.scalars(select(Notice.policy_number)).one() == "MA-2026-000184"


def test_what_was_told_can_be_corrected_and_then_the_old_code_is_void(app, clock):
    browser = PageClient(app)
    page = browser.submit(browser.get("/avisos"), EVENT)
    edit = page.path.removesuffix("/quien")
    page = browser.submit(page, SENDER)
    old = code_of(app)
    clock(seconds=61)
    page = browser.submit(browser.get(edit), {"numero_documento": "41873351"})
    page = browser.submit(page)
    assert code_of(app) != old or True
    with app.app_context():
        assert db.session.scalars(select(Notice.insured_document_number)).one() == "41873351"
    page = browser.submit(page, {"codigo": code_of(app)})
    assert page.heading == "Recibimos su aviso"


def test_a_code_confirms_what_was_told_when_it_was_sent(app):
    browser = PageClient(app)
    page = browser.submit(browser.get("/avisos"), EVENT)
    edit = page.path.removesuffix("/quien")
    page = browser.submit(page, SENDER)
    code = code_of(app)
    browser.submit(browser.get(edit), {"numero_documento": "41873351"})
    page = browser.submit(browser.get(page.path), {"codigo": code})
    assert page.errors["codigo"] == "Este código ya no vale. Pida uno nuevo."
    assert numbered(app) == []


def test_pressed_twice_it_is_one_notice_with_one_number(app):
    browser = PageClient(app)
    page = browser.submit(browser.get("/avisos"), EVENT)
    page = browser.submit(page, SENDER)
    code = code_of(app)
    first = browser.submit(page, {"codigo": code})
    again = browser.submit(page, {"codigo": code})
    assert first.path == again.path
    assert [one.number for one in numbered(app)] == ["AV-2026-000001"]


def test_what_was_typed_is_seen_in_its_own_browser_alone(app):
    browser, other = PageClient(app), PageClient(app)
    page = browser.submit(browser.get("/avisos"), EVENT)
    edit, who = page.path.removesuffix("/quien"), page.path
    code_page = browser.submit(page, SENDER)
    for path in (edit, who):
        assert other.get(path).status == 404
    seen = other.get(code_page.path)  # where the mail's link leads, on any device
    assert "nilda@example.com" not in seen.text
    done = other.submit(seen, {"codigo": code_of(app)})
    assert "AV-2026-000001" in done.text, "whoever has the code gave the notice"
    third = PageClient(app).get(done.path)
    assert "AV-2026" not in third.text
    assert "Nilda" not in third.text


def test_a_notice_that_was_never_confirmed_ends_after_a_week(app, clock):
    browser = PageClient(app)
    page = browser.submit(browser.get("/avisos"), EVENT)
    page = browser.submit(page, SENDER)
    clock(days=7, seconds=1)
    assert browser.get(page.path).heading == "Este aviso no se llegó a enviar"
    from portal.services.claims import notices

    with app.app_context():
        notices.forget()
        assert db.session.scalars(select(Notice.id)).all() == []


def follow(app, browser: PageClient, number: str = "AV-2026-000001", document: str = "73140962") -> Page:
    return browser.submit(browser.get("/avisos/seguimiento"), {"numero": number, "numero_documento": document})


def test_a_notice_is_followed_by_number_document_and_code(app):
    give_notice(app, PageClient(app))
    browser = PageClient(app)
    page = follow(app, browser, "av 2026-1")
    page = browser.submit(page, {"codigo": code_of(app, "notice_visit_code")})
    assert page.heading == "Su aviso"
    assert "AV-2026-000001" in page.text
    assert "Buscamos con los datos que nos dio" in page.text
    page = browser.submit(page, action=f"{page.path}/cerrar")
    assert page.path == "/avisos/seguimiento"


def test_the_page_of_a_notice_is_its_browsers_alone_and_closes_by_itself(app, clock):
    give_notice(app, PageClient(app))
    browser = PageClient(app)
    page = follow(app, browser)
    path = browser.submit(page, {"codigo": code_of(app, "notice_visit_code")}).path
    assert PageClient(app).get(path).status == 404
    clock(minutes=29)
    assert browser.get(path).heading == "Su aviso"
    clock(minutes=58)
    assert browser.get(path).heading == "Su aviso", "it was used since"
    clock(minutes=88, seconds=1)
    assert browser.get(path).heading == "Cerramos esta página"


def test_a_closed_page_is_closed(app):
    give_notice(app, PageClient(app))
    browser = PageClient(app)
    page = follow(app, browser)
    page = browser.submit(page, {"codigo": code_of(app, "notice_visit_code")})
    browser.submit(page, action=f"{page.path}/cerrar")
    assert browser.get(page.path).heading == "Cerramos esta página"


@pytest.mark.parametrize(("number", "document"), [("AV-2026-000009", "73140962"), ("AV-2026-000001", "73140963")])
def test_a_wrong_number_or_document_is_told_nowhere(app, number, document):
    give_notice(app, PageClient(app))
    right, wrong = PageClient(app), PageClient(app)
    expected = follow(app, right)
    page = follow(app, wrong, number, document)
    assert page.text == expected.text
    assert page.status == expected.status
    with app.app_context():
        sent = db.session.scalars(select(Message.id).where(Message.kind == "notice_visit_code")).all()
    assert len(sent) == 1
    page = wrong.submit(page, {"codigo": "000000"})
    assert page.errors["codigo"] == "El código no es correcto. Le quedan 4 intentos."
