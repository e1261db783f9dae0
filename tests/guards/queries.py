"""What pages ask of the database: each readable address of the portal, asked as everybody who may read it."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from portal.domain.claim import ClaimEventKind
from portal.extensions import db
from portal.models.transaction import writing
from portal.services.claims import attachments, events
from portal.services.claims import claim as claims
from portal.services.payments import receipts
from tests.client import HTMX, PageClient
from tests.decoder.strangers import drawing, encoded
from tests.factories import HOSPITAL, Factories
from tests.guards.endpoints import BEFORE_SECOND_STEP, RECORDED, World, money_to_return, rules, send_page, visit

CEILING = 6  # the signed-in user's own query included

# UPDATE: once a minute a page notes that its session, or the visit of a notice, is in use.
_NOT_QUERIES = ("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK", "UPDATE")
_READERS = ("anonymous", "first login", "owner", BEFORE_SECOND_STEP, "supervisor")  # each reads what no other does
_WITH_CHOICES = ("/ubigeo?departamento=15", "/comunicaciones?tema=polizas&estado=en-camino")


_SIZES = itertools.count()


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Every statement sent to the database meanwhile."""
    with app.app_context():
        engine: Engine = db.engine
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(" ".join(statement.split()))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def queries(app: Flask, client: PageClient, address: str, headers: dict[str, str] | None = None) -> list[str] | None:
    """The queries of an address; None where this visitor can't read it."""
    with statements(app) as seen:
        status = client.raw.get(address, headers=headers).status_code
    return [one for one in seen if not one.startswith(_NOT_QUERIES)] if status in (200, 303) else None


def counted(app: Flask, world: World) -> dict[str, int]:
    """The queries of every address that can be read, as page or as fragment and by whom it costs most."""
    readers = [visit(app, world, visitor) for visitor in _READERS]
    readers[0].raw.get("/ingresar")  # it names every product: a process reads each version once
    # A look that is recorded writes its row besides: no page, but a file of one.
    pages = [rule for rule in rules(app, "GET") if rule.endpoint not in RECORDED]
    addresses = [address for rule in pages for address in world.addresses(app, rule)]
    found: dict[str, int] = {}
    for address, client in itertools.product([*addresses, *_WITH_CHOICES], readers):
        for headers in ({}, HTMX):
            asked = queries(app, client, address, headers)
            if asked is None:
                break
            found[address] = max(found.get(address, 0), len(asked))
    assert set(addresses) <= found.keys(), f"nobody could read {set(addresses) - found.keys()}"
    return found


def grow(app: Flask, make: Factories, world: World, times: int) -> None:
    """More of all that any page lists: the owner's, and what waits at the counter and on the desk."""
    owner, cashier = world.owner, make.collaborator()
    for _ in range(times):
        make.purchase(owner)
        policy = make.policy(owner, quote=make.quote(owner, HOSPITAL, insured=make.insured()), product=HOSPITAL)
        make.claim(owner, policy=policy)
        make.session(owner)
        make.difference(make.payment_in_review(make.customer()))
        paid, late = (make.slip(make.customer()) for _ in range(2))
        stranger = make.customer()
        with app.app_context():
            receipts.receive(paid.number, paid.amount, cashier.actor)
            money_to_return(late, cashier.actor)
        for someone, policy in ((owner, world.parts["evidence"]["number"]), (stranger, make.policy(stranger))):
            send_page(app, someone, policy)
        make.notice()
        rejected = make.claim(stranger, complete=True)
        make.reject(rejected)
        make.appeal(rejected, stranger)
        _grow_claim(app, world)


def _grow_claim(app: Flask, world: World) -> None:
    """One more file and more events of the claim that is shown."""
    owner, shown = world.owner.actor, world.parts["claims"]
    with app.app_context():
        claim = claims.get(shown["number"], owner)
        # Another one each time: the same one is kept once.
        photo = io.BytesIO(encoded(drawing((320, 200 + next(_SIZES))), "PNG"))
        attachments.send(shown["paper_id"], claim, photo, owner)
        with writing():
            for kind in (ClaimEventKind.PAPER_ACCEPTED, ClaimEventKind.MATCHED):
                events.record(claims.hold(claim.id), kind, owner)
