"""Who reads how a policy was contracted: its customer, supervisors and the agency that sold it; of the staff each look
is recorded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import AuditEntry, ContractingFile, Document
from tests.client import PageClient
from tests.factories import AGENCY, Factories, Someone

OTHER_AGENCY = "CUS-2"


@pytest.fixture
def sold(make: Factories, drain: Callable[[], int]) -> tuple[Someone, str]:
    """A customer, and the policy that AGENCY sold them, with an edition."""
    me = make.customer()
    number = make.policy(me)
    make.contracting_file(number, agency=AGENCY)
    drain()
    return me, number


def stored(app: Flask) -> list[Document]:
    with app.app_context():
        query = select(Document).where(Document.kind == "contracting_file").order_by(Document.id)
        return list(db.session.scalars(query))


def looks(app: Flask) -> list[tuple[int | None, str]]:
    with app.app_context():
        rows = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "file.open")).all()
        return [(row.actor_id, row.subject) for row in rows]


def at_the_desk(app: Flask, member: Someone, customer: Someone) -> PageClient:
    """Somebody of the staff who has searched for the customer."""
    desk = PageClient(app).sign_in(member)
    desk.submit(desk.get("/gestion/buscar"), {"dato": customer.identity.number}, button="Buscar")
    return desk


def test_the_customer_finds_it_among_the_documents_once(
    app: Flask, client: PageClient, sold: tuple[Someone, str]
) -> None:
    me, number = sold
    page = client.sign_in(me).get(f"/polizas/{number}")
    assert page.html.count(f'href="/polizas/{number}/pdf"') == 2, "the button, and the policy among its documents"
    assert "Ediciones anteriores" not in page.text
    (link,) = [href for words, href in page.links.items() if words.startswith("Expediente de contratación")]
    file = client.get(link)
    assert file.data.startswith(b"%PDF")
    assert hashlib.sha256(file.data).hexdigest() == stored(app)[0].sha256
    assert looks(app) == []


def test_older_editions_stay_with_their_day_and_hash(
    app: Flask, client: PageClient, make: Factories, sold: tuple[Someone, str], drain: Callable[[], int]
) -> None:
    me, number = sold
    make.contracting_file(number, edition=2)
    drain()
    page = client.sign_in(me).get(f"/polizas/{number}")
    first, second = stored(app)
    assert "Edición 2, " in page.text
    assert f"Huella (SHA-256): {first.sha256}" in page.text
    assert str(second.sha256) not in page.text
    for edition, document in enumerate((first, second), start=1):
        data = client.get(f"/polizas/{number}/expediente/{edition}/pdf").data
        assert hashlib.sha256(data).hexdigest() == document.sha256


def test_an_edition_that_is_not_there_and_a_strangers_are_not_found(
    clients: Callable[[], PageClient], make: Factories, sold: tuple[Someone, str]
) -> None:
    me, number = sold
    assert clients().sign_in(me).get(f"/polizas/{number}/expediente/2/pdf").status == 404
    stranger = clients().sign_in(make.customer())
    assert stranger.get(f"/polizas/{number}/expediente/1/pdf").status == 404


@pytest.mark.parametrize("role", ["supervisor", "of the agency"])
def test_who_may_read_the_sale_reads_it_and_leaves_a_row(
    app: Flask, make: Factories, sold: tuple[Someone, str], role: str
) -> None:
    me, number = sold
    member = make.supervisor() if role == "supervisor" else make.collaborator(agency=AGENCY)
    desk = at_the_desk(app, member, me)
    page = desk.follow(desk.get(f"/gestion/clientes/{me.account_id}"), "Expediente")
    assert page.heading == "Expediente de contratación"
    assert str(stored(app)[0].sha256) in page.text
    assert looks(app) == [], "the list holds no picture"
    (link,) = [href for words, href in page.links.items() if words.startswith("Edición 1")]
    file = desk.get(link)
    assert file.data.startswith(b"%PDF")
    assert looks(app) == [(member.account_id, number)]


def test_another_agency_sees_no_way_to_it_and_finds_nothing(
    app: Flask, make: Factories, sold: tuple[Someone, str]
) -> None:
    me, number = sold
    desk = at_the_desk(app, make.collaborator(agency=OTHER_AGENCY), me)
    home = f"/gestion/clientes/{me.account_id}"
    assert "Expediente" not in desk.get(home).text
    for address in (f"{home}/polizas/{number}/expediente", f"{home}/polizas/{number}/expediente/1/pdf"):
        assert desk.get(address).status == 404
    assert looks(app) == []


def test_a_policy_that_the_portal_sold_by_itself_is_for_supervisors(
    app: Flask, make: Factories, drain: Callable[[], int]
) -> None:
    me = make.customer()
    address = f"/gestion/clientes/{me.account_id}/polizas/{make.policy(me)}/expediente"
    assert at_the_desk(app, make.collaborator(), me).get(address).status == 404
    assert "Todavía no hay ninguna" in at_the_desk(app, make.supervisor(), me).get(address).text


def test_who_did_not_search_for_the_customer_reads_nothing(
    app: Flask, make: Factories, sold: tuple[Someone, str]
) -> None:
    me, number = sold
    desk = PageClient(app).sign_in(make.supervisor())
    address = f"/gestion/clientes/{me.account_id}/polizas/{number}/expediente"
    assert desk.get(address).status == 404
    assert desk.get(f"{address}/1/pdf").status == 404
    with app.app_context():
        assert db.session.scalars(select(ContractingFile)).one()
