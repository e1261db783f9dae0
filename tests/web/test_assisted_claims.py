"""A claim that a clerk registers with the customer at the desk, in a browser without a script and with htmx."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from portal.domain import clock
from portal.domain.formats import day
from portal.extensions import db
from portal.models import AuditEntry, Claim, ClaimPaper, Consent, Policy, StoredFile
from portal.models.transaction import writing
from portal.services.desk import search
from tests.client import Page, PageClient
from tests.decoder.strangers import REFUSED, pdf
from tests.factories import HOSPITAL
from tests.factories.claims import STORY


@pytest.fixture
def policy(make, someone, clock) -> str:
    number = make.policy(someone, product=HOSPITAL)
    clock(days=40)
    return number


@pytest.fixture
def clerk(make):
    return make.collaborator()


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def desk(request, app, policy, clerk, someone) -> PageClient:
    """The browser of a clerk who has looked the customer up."""
    with app.app_context():
        search.find(someone.identity.number, clerk.actor)
    return PageClient(app, htmx=request.param).sign_in(clerk)


@pytest.fixture
def told(desk, someone, policy) -> Page:
    """The step of the documents, from the customer's page."""
    page = desk.follow(desk.get(f"/gestion/clientes/{someone.account_id}"), "Registrar siniestro")
    page = desk.submit(page, {"caso": f"{policy}:renta-diaria"}, action=page.path)
    page = desk.submit(page, action=page.path)
    return desk.submit(page, {"fecha": day(clock.today()), "causa": "enfermedad", "relato": STORY}, action=page.path)


@pytest.fixture
def registered(desk, told) -> Page:
    """Its page, once it has its number."""
    review = desk.submit(told, action=told.path)
    assert "delante de usted" in review.text
    return desk.submit(review, {"acepta": True}, action=review.path)


def file(data: bytes = b""):
    return {"archivo": (io.BytesIO(data or pdf()), "papel.pdf")}


def claim_of(app) -> Claim:
    with app.app_context():
        return db.session.scalars(select(Claim)).one()


def first_paper(app) -> int:
    with app.app_context():
        return db.session.scalars(select(ClaimPaper.id).order_by(ClaimPaper.id).limit(1)).one()


def test_it_is_the_customers_from_its_number_on(app, clients, desk, registered, someone, clerk, drain, mailbox):
    number = str(claim_of(app).number)
    assert registered.heading == f"Siniestro {number}"
    listed = desk.get(f"/gestion/clientes/{someone.account_id}/siniestros")
    assert number in listed.text
    assert "Registrado" in listed.text
    assert number in clients().sign_in(someone).get("/siniestros").text
    drain()
    mails = [one for one in mailbox.store.mails() if number in str(one.header("Subject"))]
    assert [someone.email in str(one.header("To")) for one in mails] == [True]


def test_the_consent_is_the_customers_and_says_who_heard_it(app, registered, someone, clerk):
    with app.app_context():
        whose = db.session.scalars(select(Consent.account_id).where(Consent.text_key == "datos-de-salud")).one()
        heard = db.session.scalars(select(AuditEntry.actor_id).where(AuditEntry.action == "claim.consent")).one()
    assert (whose, heard) == (someone.account_id, clerk.account_id)


def test_papers_are_taken_before_and_after_and_refused_at_their_place(app, desk, told, someone):
    base, paper = f"/gestion/clientes/{someone.account_id}/siniestros", first_paper(app)
    draft = f"{base}/nuevo/{claim_of(app).public_id}"
    refused = desk.post(f"{draft}/documentos/{paper}", file(REFUSED["PDF that runs a script"][0]))
    assert refused.status == 422
    assert "El PDF trae un programa adentro" in refused.text
    page = desk.post(f"{draft}/documentos/{paper}", file())
    assert "Recibido" in page.text
    with app.app_context():
        sent = db.session.scalars(select(StoredFile.id).order_by(StoredFile.id.desc())).first()
    assert desk.get(f"{draft}/archivos/{sent}").response.headers["Content-Disposition"].startswith("attachment")
    assert desk.get(f"{draft}/archivos/{sent}/miniatura").status == 200
    page = desk.submit(desk.get(page.path), action=f"{draft}/archivos/{sent}/quitar")
    assert "Recibido" not in page.text
    review = desk.submit(desk.get(f"{draft}/documentos"), action=f"{draft}/documentos")
    shown = desk.submit(review, {"acepta": True}, action=review.path)
    page = desk.post(f"{shown.path}/documentos/{paper}", file())
    assert page.path.partition("#")[0] == shown.path
    assert "Recibido" in page.text


def test_without_the_tick_nothing_is_registered(app, desk, told):
    review = desk.submit(told, action=told.path)
    assert desk.submit(review, {"acepta": False}, action=review.path).status == 422
    assert claim_of(app).number is None


def test_what_was_begun_is_gone_on_with_and_thrown_away(app, desk, told, someone):
    base = f"/gestion/clientes/{someone.account_id}/siniestros"
    page = desk.get(base)
    draft = f"{base}/nuevo/{claim_of(app).public_id}"
    assert desk.get(draft).heading == "Revise y registre"
    assert "Descartado" in desk.submit(page, action=f"{draft}/descartar").text
    assert desk.get(draft).status == 404


def test_who_has_not_looked_the_customer_up_finds_nothing(app, clients, make, registered, told, someone):
    other = clients().sign_in(make.collaborator())
    base = f"/gestion/clientes/{someone.account_id}/siniestros"
    for address in (base, f"{base}/nuevo", registered.path, told.path):
        assert other.get(address).status == 404


def test_a_colleague_of_the_agency_adds_papers_and_sees_what_they_sent_alone(
    app, clients, desk, make, registered, told, someone
):
    member, paper = make.collaborator(), first_paper(app)
    with app.app_context():
        search.find(someone.identity.number, member.actor)
    desk.post(f"{registered.path}/documentos/{paper}", file())
    other = clients().sign_in(member)
    assert other.get(told.path).status == 404, "what a colleague has not registered is theirs"
    listed = other.get(f"/gestion/clientes/{someone.account_id}/siniestros")
    page = other.follow(listed, f"Adjuntos de {claim_of(app).number}")
    assert page.path == registered.path
    assert "/archivos/" not in page.text
    page = other.post(f"{registered.path}/documentos/{paper}", file(pdf() + b"% another\n"))
    with app.app_context():
        theirs, ours = db.session.scalars(select(StoredFile).order_by(StoredFile.id)).all()
        entries = select(AuditEntry.actor_id).where(AuditEntry.action == "claim.paper").order_by(AuditEntry.id)
        *_, writer = db.session.scalars(entries)
    assert (ours.sender_id, writer) == (member.account_id, member.account_id)
    assert other.get(f"{registered.path}/archivos/{ours.id}").status == 200
    assert other.get(f"{registered.path}/archivos/{theirs.id}").status == 404


def test_a_clerk_of_another_agency_has_neither_draft_nor_papers(app, clients, make, registered, told, someone):
    member = make.collaborator(agency="AQP-1")
    with app.app_context():
        search.find(someone.identity.number, member.actor)
    other = clients().sign_in(member)
    assert other.get(registered.path).status == 404
    assert other.get(told.path).status == 404
    listed = other.get(f"/gestion/clientes/{someone.account_id}/siniestros").text
    assert str(claim_of(app).number) in listed
    assert "Adjuntos" not in listed


def test_a_policy_of_somebody_else_and_another_customers_address_are_refused(app, desk, make, told, someone, clerk):
    stranger = make.customer()
    foreign = make.policy(stranger, product=HOSPITAL)
    with app.app_context():
        search.find(stranger.identity.number, clerk.actor)
    public_id = claim_of(app).public_id
    assert desk.get(f"/gestion/clientes/{stranger.account_id}/siniestros/nuevo/{public_id}/documentos").status == 404
    page = desk.get(f"/gestion/clientes/{someone.account_id}/siniestros/nuevo")
    assert foreign not in page.text
    assert desk.post(page.path, {"caso": f"{foreign}:renta-diaria"}).status == 404


def test_who_sold_the_policy_registers_nothing_of_it(app, desk, someone, policy, clerk):
    with app.app_context(), writing() as session:
        sold = session.scalars(select(Policy).where(Policy.number == policy)).one()
        sold.seller_id = clerk.account_id
        sold.purchase.seller_id = clerk.account_id
    page = desk.get(f"/gestion/clientes/{someone.account_id}/siniestros/nuevo")
    answered = desk.submit(page, {"caso": f"{policy}:renta-diaria"}, action=page.path)
    assert "debe atenderlo otra persona" in answered.text
    with app.app_context():
        assert db.session.scalars(select(Claim)).all() == []
