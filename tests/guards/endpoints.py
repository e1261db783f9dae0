"""Every address of the portal, filled with somebody's own objects, asked for as each kind of visitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule

from portal.domain.actor import Actor
from portal.extensions import db
from portal.models import CashReceipt, Message, OutboxRow, Policy, Refund, UserSession
from portal.models.messages import message_documents
from portal.models.transaction import writing
from portal.services import annulment, counter, documents, receipts, recovery, search, sessions, slips
from portal.web.access import Who, rule_of
from tests.client import PageClient
from tests.factories import ACCIDENT, AGENCY, HOSPITAL, Factories, Someone

BEFORE_SECOND_STEP = "collaborator before the second step"

# Names of an address's parts that stand for somebody's own object.
OWNED = {"public_id", "number", "message_id", "document_id", "session_id", "receipt"}


@dataclass(frozen=True)
class World:
    """A customer who has one of everything, and the others who knock at the door."""

    owner: Someone
    visitors: dict[str, Someone | None]
    parts: dict[str, dict[str, Any]]

    def address(self, app: Flask, rule: Rule) -> str:
        """The rule's address with the owner's objects in it."""
        feature = rule.endpoint.partition(".")[0]
        values = {name: self.parts.get(feature, {}).get(name, self.parts["any"].get(name)) for name in rule.arguments}
        missing = [name for name, value in values.items() if value is None]
        assert not missing, f"{rule.rule}: tests/guards/endpoints.py has no {missing} for it"
        with app.test_request_context():
            return app.url_for(rule.endpoint, **values)


def build(app: Flask, make: Factories) -> World:
    """One of everything for the owner, and one visitor of each kind."""
    owner = make.customer()
    policy = make.policy(owner)
    with app.app_context():
        # The very mail of the policy, since it is the one with a document.
        message = db.session.scalars(select(Message).where(Message.kind == "policy")).one()
        document_id = db.session.scalars(select(message_documents.c.document_id)).one()
        token = db.session.scalars(select(Policy.verification_token)).one()
        job_id = db.session.scalars(select(func.min(OutboxRow.id))).one()
    with app.app_context(), writing() as session:  # annulled, so that there is an endorsement to read
        documents.order_endorsement(annulment.annul(session.scalars(select(Policy)).one()))
    staff = {"collaborator": make.collaborator(), "supervisor": make.supervisor(agency_code=AGENCY)}
    cash = _cash(app, make, owner, staff)
    parts = {
        "any": {"slug": ACCIDENT, "plan": "plan-2"},
        "purchase": {"public_id": make.slip(owner).public_id, "slug": "beneficiarios"},  # in cash: it has every page
        "quotes": {"number": make.quote(owner)},
        "policies": {"number": policy, "endorsement": 1, "receipt": cash["receipt_number"]},
        "messages": {"message_id": message.id, "document_id": document_id},
        "signup": {"token": make.signup()},
        "recovery": {"token": _recovery(app, owner)},
        "profile": {"session_id": _session_id(app, make, owner)},
        "public": {"token": token},
        "cash": cash,
        "customers": _customers(app, owner, staff),
        "staff": {"username": make.collaborator().username},
        "reviewing": {"number": make.payment_in_review(make.customer())},
        "backlog": {"job_id": job_id},
        "queue": {"rest": "0/view/jobs"},  # the library's own rules: tests/web/test_queue_dashboard.py
    }
    visitors = {
        "anonymous": None,
        "first login": make.newcomer(),
        "owner": owner,
        "other customer": make.customer(),
        BEFORE_SECOND_STEP: make.recruit(),
        **staff,
    }
    return World(owner, visitors, parts)


def _recovery(app: Flask, owner: Someone) -> str:
    with app.app_context():
        return recovery.ask(owner.identity, Actor())


def _session_id(app: Flask, make: Factories, owner: Someone) -> int:
    token_hash = sessions.hash_of(make.session(owner))
    with app.app_context():
        return db.session.scalars(select(UserSession.id).where(UserSession.token_hash == token_hash)).one()


def _cash(app: Flask, make: Factories, owner: Someone, staff: dict[str, Someone]) -> dict[str, Any]:
    """A slip that each of the staff has searched for, a receipt to reverse, and money to give back."""

    def slip() -> Any:
        return make.slip(owner, quote=make.quote(owner, HOSPITAL, insured=make.insured()), product=HOSPITAL)

    waiting, late, paid = slip(), slip(), slip()
    actors = {name: member.actor for name, member in staff.items()}
    with app.app_context():
        for actor in actors.values():
            counter.find_by_code(waiting.code, actor)
        receipt = receipts.receive(paid.number, paid.amount, make.collaborator().actor)
        with writing():
            slips.cancel(receipts.slip(late.number))
        number = receipts.receive_to_return(late.number, late.amount, actors["collaborator"])
        refund = db.session.scalars(select(Refund.number).join(CashReceipt).where(CashReceipt.number == number)).one()
    return {"number": waiting.number, "receipt_number": receipt, "refund_number": refund}


def _customers(app: Flask, owner: Someone, staff: dict[str, Someone]) -> dict[str, Any]:
    """The owner, for whom each of the staff has searched."""
    with app.app_context():
        for member in staff.values():
            search.find(owner.identity.number, member.actor)
    return {"account_id": owner.account_id, "name": "pagos"}


def rules(app: Flask, method: str) -> list[Rule]:
    """The addresses that take `method`."""
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def visit(app: Flask, world: World, visitor: str) -> PageClient:
    """A browser of its own, signed in when there is somebody to be, in which the sign-up was typed."""
    client = PageClient(app)
    someone = world.visitors[visitor]
    if someone is not None:
        client.sign_in(someone, second_step=visitor != BEFORE_SECOND_STEP)
    with client.raw.session_transaction() as cookie:
        cookie["alta"] = world.parts["signup"]["token"]
    return client


def rule_for(app: Flask, rule: Rule) -> Who:
    found = rule_of(app, rule.endpoint)
    assert found is not None, rule.endpoint
    return found
