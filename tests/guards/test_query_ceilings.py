"""A list costs the same few queries however long it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from portal.services import receipts, search
from tests.client import PageClient
from tests.factories import AGENCY, HOSPITAL, Factories, Someone
from tests.factories.sales import Slip
from tests.guards.test_reading_writes_nothing import statements

pytestmark = pytest.mark.one_database

CEILING = 6  # the signed-in user's own query included
MANY = 8  # a query a line would show at the second

LISTS = (
    "/cotizaciones",
    "/seguros",
    "/comunicaciones",
    "/comunicaciones?tema=polizas&estado=en-camino",
    "/inicio",
    "/productos",
    "/perfil",
)
DESK_LISTS = ("polizas", "cotizaciones", "pagos", "correos")


def test_a_list_costs_the_same_few_queries_for_one_row_and_for_many(app: Flask, make: Factories) -> None:
    me = make.customer()
    client = PageClient(app).sign_in(me)
    buy(make, me)
    for path in LISTS:
        client.get(path)  # what a process keeps, it has read now
    few = {path: queries(app, client, path) for path in LISTS}
    for _ in range(MANY - 1):
        buy(make, me)
    many = {path: queries(app, client, path) for path in LISTS}
    for path in LISTS:
        assert len(few[path]) <= CEILING, (path, few[path])
        assert len(many[path]) == len(few[path]), (path, many[path])


def test_the_desk_reads_a_customer_by_the_same_few_queries(app: Flask, make: Factories) -> None:
    me, member = make.customer(), make.collaborator()
    client = PageClient(app).sign_in(member)
    buy(make, me)
    with app.app_context():
        search.find(me.identity.number, member.actor)
    pages = (
        f"/gestion/clientes/{me.account_id}",
        *(f"/gestion/clientes/{me.account_id}/{name}" for name in DESK_LISTS),
    )
    for path in pages:
        client.get(path)
    few = {path: queries(app, client, path) for path in pages}
    for _ in range(MANY - 1):
        buy(make, me)
    for path in pages:
        assert len(few[path]) <= CEILING, (path, few[path])
        assert len(queries(app, client, path)) == len(few[path]), path


@pytest.mark.parametrize("role", ["collaborator", "supervisor"])
def test_the_counter_and_a_search_cost_the_same_few_queries(
    app: Flask, make: Factories, clock: Callable[..., None], role: str
) -> None:
    member = make.collaborator() if role == "collaborator" else make.supervisor(agency_code=AGENCY)
    slips = [make.slip(make.customer(paternal_surname="Ñahui")) for _ in range(MANY)]
    clock(days=4)  # they can't be paid any more: each leaves a receipt of today, and a refund
    client = PageClient(app).sign_in(member)
    for slip in slips[:2]:
        take(app, make, slip)
    client.submit(client.get("/gestion/buscar"), {"dato": "ñahui"})
    pages = ("/gestion/caja", "/gestion/caja/devoluciones", "/gestion/buscar/resultados")
    for path in pages:
        client.get(path)
    few = {path: queries(app, client, path) for path in pages}
    for slip in slips[2:]:
        take(app, make, slip)
    for path in pages:
        assert len(few[path]) <= CEILING, (path, few[path])
        assert len(queries(app, client, path)) == len(few[path]), path


def take(app: Flask, make: Factories, slip: Slip) -> None:
    """The slip's money, by one more of the agency."""
    with app.app_context():
        receipts.receive_to_return(slip.number, slip.amount, make.collaborator().actor)


def buy(make: Factories, me: Someone) -> None:
    """One more of each: a purchase begun, and a quote and a policy for somebody of the family, since one person is
    insured once."""
    make.purchase(me)
    insured = make.insured()
    make.policy(me, quote=make.quote(me, HOSPITAL, insured=insured), product=HOSPITAL)


def queries(app: Flask, client: PageClient, path: str) -> list[str]:
    with statements(app) as seen:
        assert client.raw.get(path).status_code == 200
    return [one for one in seen if not one.startswith(("BEGIN", "PRAGMA"))]
