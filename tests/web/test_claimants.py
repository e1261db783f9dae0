"""A claim for who gave notice of it without an account: their own papers, clock and share, nothing of others (B01)."""

from __future__ import annotations

import io
from datetime import date

import pytest
from sqlalchemy import select

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.claim import EventKind, Outcome
from portal.domain.notice import Event
from portal.extensions import db
from portal.models import Claim, ClaimPaper, Notice
from portal.services.claims import matching, notice_desk, notice_parties, papers
from portal.services.claims.matching import Pick
from portal.services.claims.resolutions import Proposal
from tests.client import PageClient
from tests.decoder.strangers import drawing, encoded
from tests.factories import ACCIDENT, beneficiary

MARKS = {"daughter": "d" * 43, "other": "o" * 43, "neighbour": "n" * 43}


@pytest.fixture
def family(app, make):
    """Two named, each with a notice, and a neighbour who only told; all matched to one claim. Numbers by who."""
    insured = make.customer(names="Hilario", paternal_surname="Apaza")
    named = {"daughter": beneficiary("Nilda", share="60"), "other": beneficiary("Rosario", share="40")}
    policy = make.policy(insured, product=ACCIDENT, named=list(named.values()))
    event = Event(EventKind.DEATH, insured.identity, "", clock.today(), "Se cayó de un andamio.")
    numbers = {
        who: make.notice(event, make.sender(names=one.names, identity=one.identity)) for who, one in named.items()
    }
    numbers["neighbour"] = make.notice(event, make.sender(names="Teófila", relation="vecina"))
    clerk = make.collaborator().actor
    with app.app_context():
        first, *others = numbers.values()
        notice_desk.take(first, clerk)
        matching.match(first, [Pick(policy, "muerte-accidental")], clock.today(), clerk, joined=others)
    return numbers


def visitor(app, make, family, who: str) -> tuple[PageClient, str]:
    """Their browser, and the address of their notice."""
    browser = PageClient(app)
    browser.raw.set_cookie("portal-equipo", MARKS[who])
    return browser, f"/avisos/seguimiento/{make.notice_visit(family[who], browser=MARKS[who])}"


def claim_number(app) -> str:
    with app.app_context():
        return db.session.scalars(select(Claim.number)).one() or ""


def send(browser: PageClient, page, code_words: str):
    """Send a photo for the first paper that is asked."""
    response, action = post_photo(browser, page)
    assert response.status_code == 303, response.get_data(as_text=True)
    return browser.get(page.path), action


def post_photo(browser: PageClient, page):
    form = next(one for one in page.forms if "multipart" in (one.get("enctype") or ""))
    token = form.xpath(".//input[@name='csrf_token']/@value")[0]
    photo = (io.BytesIO(encoded(drawing(), "JPEG")), "foto.jpg")
    action = form.get("action")
    return browser.raw.post(action, data={"csrf_token": token, "archivo": photo}), action


def test_each_sees_their_own_share_and_papers_and_nobody_elses(app, make, family):
    number = claim_number(app)
    browser, path = visitor(app, make, family, "daughter")
    page = browser.get(path)
    assert page.heading == "Su aviso"
    page = browser.get(f"{path}/{number}")
    assert "Si se aprueba, su parte S/12,000.00 " in page.text
    for hidden in ("Rosario", "40 %", "20,000.00", "8,000.00", "Teófila", "Hilario", "MA-2026"):
        assert hidden not in page.text.replace("\xa0", " "), hidden
    assert "Le toca a usted" in page.text


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_each_takes_their_own_part_back_and_asks_for_it_again(app, make, family, htmx):
    browser, path = visitor(app, make, family, "daughter")
    browser.htmx = htmx
    here = f"{path}/{claim_number(app)}"
    page = browser.follow(browser.get(here), "retirar su parte")
    assert "Su parte no pasa a nadie" in page.text
    for hidden in ("Rosario", "Teófila", "Hilario"):
        assert hidden not in page.text, hidden
    page = browser.submit(page, action=page.path)
    assert page.path == here
    assert "Usted retiró su parte" in page.text
    stranger, other = visitor(app, make, family, "other")
    assert "retiró" not in stranger.get(f"{other}/{claim_number(app)}").text
    page = browser.follow(page, "pedir otra vez su parte")
    page = browser.submit(page, button="Pedir otra vez esta parte", action=page.path)
    assert "Usted retiró su parte" not in page.text
    assert stranger.get(f"{other}/{claim_number(app)}/retirar/1").status == 404


def test_who_only_told_of_it_sees_no_claim(app, make, family):
    browser, path = visitor(app, make, family, "neighbour")
    page = browser.get(path)
    assert "una persona lo está viendo" in page.text
    assert claim_number(app) not in page.text
    assert browser.get(f"{path}/{claim_number(app)}").status == 404


def test_another_claimants_visit_is_not_found(app, make, family):
    browser, path = visitor(app, make, family, "daughter")
    stranger, other = visitor(app, make, family, "other")
    number = claim_number(app)
    assert stranger.get(f"{path}/{number}").status == 404
    nowhere = browser.get(f"{path}/SIN-2026-000999")
    assert (nowhere.status, "siniestro" in nowhere.text) == (404, False)
    assert stranger.get(f"{other}/{number}").status == 200


def test_a_paper_that_one_sends_is_seen_by_them_alone(app, make, family):
    number = claim_number(app)
    browser, path = visitor(app, make, family, "daughter")
    other, other_path = visitor(app, make, family, "other")
    page, _action = send(browser, browser.get(f"{path}/{number}"), "Acta")
    assert "Recibimos el documento." in page.text
    (file,) = [one for one in page.links.values() if "/archivos/" in one]
    assert browser.raw.get(file).status_code == 200
    assert browser.raw.get(f"{file}/miniatura").status_code == 200
    theirs = file.replace(path, other_path)
    assert other.raw.get(theirs).status_code == 404
    assert other.raw.get(f"{theirs}/miniatura").status_code == 404
    page = other.get(f"{other_path}/{number}")
    assert not [one for one in page.links.values() if "/archivos/" in one]


def test_a_full_disk_is_the_portals_trouble_and_the_file_is_sent_again(app, make, family, monkeypatch):
    number = claim_number(app)
    browser, path = visitor(app, make, family, "daughter")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("portal.integrations.reception.tempfile.TemporaryFile", full)
        response, _action = post_photo(browser, browser.get(f"{path}/{number}"))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "No pudimos guardar el archivo" in response.get_data(as_text=True)
    page, _action = send(browser, browser.get(f"{path}/{number}"), "Acta")
    assert page.status == 200


def test_what_serves_in_place_of_a_paper_is_kept_as_that(app, make, family):
    number = claim_number(app)
    browser, path = visitor(app, make, family, "daughter")
    page = browser.get(f"{path}/{number}")
    link = next(one for words, one in page.links.items() if words.startswith("No lo tengo"))
    paper_id = int(link.partition("sin=")[2].partition("#")[0])
    page = browser.get(f"{path}/{number}?sin={paper_id}")
    assert "En su lugar:" in page.text
    form = next(one for one in page.forms if "en-su-lugar" in (one.get("action") or ""))
    token = form.xpath(".//input[@name='csrf_token']/@value")[0]
    photo = (io.BytesIO(encoded(drawing(), "JPEG")), "foto.jpg")
    assert browser.raw.post(form.get("action"), data={"csrf_token": token, "archivo": photo}).status_code == 303
    with app.app_context():
        assert db.session.get_one(ClaimPaper, paper_id).is_instead


def test_the_mother_sends_the_minors_papers(app, make):
    insured = make.customer()
    son = beneficiary("Luis", birth_date=date(2015, 3, 9), identity=None, representative="Elena Huamán Soto")
    policy = make.policy(insured, product=ACCIDENT, named=[son])
    event = Event(EventKind.DEATH, insured.identity, "", clock.today(), "")
    number = make.notice(event, make.sender(names="Elena", surnames="Huamán Soto"))
    clerk = make.collaborator().actor
    with app.app_context():
        notice_desk.take(number, clerk)
        (claim,) = matching.match(number, [Pick(policy, "muerte-accidental")], clock.today(), clerk)
        told = db.session.scalars(select(Notice).where(Notice.number == number)).one()
        (match,) = told.matches
        acts = next(one.value for one in notice_parties.choices(match, told) if one.label.startswith("Representa"))
        notice_parties.choose(match.id, acts, clerk)
    browser = PageClient(app)
    browser.raw.set_cookie("portal-equipo", "m" * 43)
    page = browser.get(f"/avisos/seguimiento/{make.notice_visit(number, browser='m' * 43)}/{claim}")
    assert "S/20,000.00" in page.text
    assert "Luis" in page.text


def test_after_the_page_closes_nothing_is_seen_or_sent(app, make, family):
    number = claim_number(app)
    browser, path = visitor(app, make, family, "daughter")
    page = browser.get(f"{path}/{number}")
    browser.submit(page, action=f"{path}/cerrar")
    page = browser.get(f"{path}/{number}")
    assert page.path == "/avisos/seguimiento"
    assert "cerramos la página de su aviso" in page.text


def test_each_finds_the_letter_of_the_answer_to_them_on_their_own_page(app, make, family, drain):
    number = claim_number(app)
    supervisor, reviewer = make.supervisor(), make.collaborator()
    with app.app_context():
        for paper_id in db.session.scalars(select(ClaimPaper.id).where(ClaimPaper.required)).all():
            papers.receive(paper_id, Actor())
    make.decided(number, reviewer, supervisor, Proposal(Outcome.REJECT, ground="fechas", words="Fue en 2020."))
    drain()
    (daughter, path), (other, other_path) = (visitor(app, make, family, who) for who in ("daughter", "other"))
    links = [
        next(one for words, one in browser.get(f"{address}/{number}").links.items() if "Carta de decisión" in words)
        for browser, address in ((daughter, path), (other, other_path))
    ]
    assert links[0] != links[1]
    assert daughter.get(links[0]).data.startswith(b"%PDF")
    assert other.get(links[1]).data.startswith(b"%PDF")
    assert other.get(links[0].replace(path, other_path)).status == 404
    assert daughter.get(links[1].replace(other_path, path)).status == 404


def test_once_it_is_answered_no_paper_is_asked_and_a_review_leads_back(app, make, family):
    browser, path = visitor(app, make, family, "daughter")
    here = f"{path}/{claim_number(app)}"
    assert "Dónde se consiguen" in browser.get(here).text
    make.reject(claim_number(app))
    page = browser.get(here)
    for gone in ("Dónde se consiguen", "Uno por uno", "Cómo cobra"):
        assert gone not in page.text, gone
    page = browser.submit(browser.follow(page, "Pedir que se revise"), {"motivo": "No se leyó el parte."})
    page = browser.follow(page, f"Pedido {claim_number(app)}")
    assert page.path == here
    assert "Su revisión" in page.text
    assert "Pedir que se revise" not in page.text
