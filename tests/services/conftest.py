"""What tests of services ask for besides tests/conftest.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, select, update
from sqlalchemy.orm import QueryableAttribute

from portal.domain import clock as portal_clock
from portal.integrations.bank import Bank, Patience
from portal.models import Message, OutboxRow, OutboxState, Payment, Purchase
from portal.models.transaction import writing
from portal.services.accounts import signup
from portal.services.authentication import second_step
from portal.services.documents import store
from portal.services.documents.kinds import DocumentKind
from portal.services.platform import encryption, outbox
from portal.services.sale import paying
from tests.databases import all_of
from tests.factories import AMOUNT, Stage
from tests.services.newcomer import ANA, VISITOR
from tests.services.outbox_jobs import JOB, SUBJECT
from workers import charges, mail


@pytest.fixture(autouse=True)
def _quick_pdfs(quick_pdfs) -> None: ...


@pytest.fixture
def call(app: Flask) -> Callable[..., Any]:
    """Calls a use case as a request or a job would, in an application context of its own: `call(accept, request)`."""

    def call(use_case: Callable[..., Any], *args: Any, **named: Any) -> Any:
        with app.app_context():
            return use_case(*args, **named)

    return call


@pytest.fixture
def read(call) -> Callable[..., tuple[str, bytes | None]]:
    """Name and bytes of the document of what a use case finds for its reader, who comes last among its arguments:
    `read(kinds.QUOTE, quoting.get, number, juana.actor)`."""

    def content(kind: DocumentKind[Any], find: Callable[..., Any], *asked: Any) -> tuple[str, bytes | None]:
        return store.content(store.of(kind, find(*asked)), asked[-1])

    return lambda *args: call(content, *args)


@pytest.fixture
def rows(app: Flask) -> Callable[[Any], list[Any]]:
    """What the database holds now, the oldest first: `rows(select(Quote))`, `rows(select(Quote.state))`."""

    def rows(statement: Any) -> list[Any]:
        told = statement.column_descriptions[0]
        if isinstance(told["expr"], QueryableAttribute | type) and not statement._order_by_clauses:
            statement = statement.order_by(*inspect(told["entity"]).primary_key)
        with app.app_context():
            return all_of(statement)

    return rows


@pytest.fixture
def juana(make):
    """A customer."""
    return make.customer()


@pytest.fixture
def cashier(make):
    """A collaborator who takes cash."""
    return make.collaborator(names="Carla", paternal_surname="Ríos")


@pytest.fixture
def someone(make):
    """One of the staff, with a second step."""
    return make.collaborator()


@pytest.fixture
def enter(make, call):
    """Passes the second step in a new session: `enter(someone, code)`."""

    def enter(someone, code):
        token = make.session(someone, second_step=False)
        return call(second_step.pass_code, code, someone.actor, replacing=token)

    return enter


@pytest.fixture
def begun(call) -> Callable[..., str]:
    """The token of a sign-up with Ana's answers, changed by `changes`."""
    return lambda **changes: call(signup.begin, replace(ANA, **changes), VISITOR)


@pytest.fixture
def accepted(call, begun) -> Callable[..., str]:
    """The same with the terms accepted: its code is in the mail."""

    def accepted(*, marketing: bool = False, **changes: Any) -> str:
        token = begun(**changes)
        call(signup.accept, token, VISITOR, accepts=True, accepts_marketing=marketing)
        return token

    return accepted


@pytest.fixture
def secret(app, rows) -> Callable[[str], str]:
    """What the newest mail of a kind carries: `secret("account_code")`."""

    def secret(kind: str) -> str:
        message = rows(select(Message).where(Message.kind == kind).order_by(Message.id.desc()))[0]
        with app.app_context():
            return encryption.unseal(message.secret)

    return secret


@pytest.fixture
def press(call, juana) -> Callable[..., None]:
    """ "Procesar Pago": the payment is in process, and its charge is owed."""

    def press(public_id: str, shown: Decimal | None = AMOUNT) -> None:
        call(paying.process, public_id, shown, juana.actor)

    return press


@pytest.fixture
def buy(make, juana, press) -> Callable[..., str]:
    """A purchase whose charge is owed; its public id. `choices` as for make.purchase."""

    def buy(**choices: Any) -> str:
        public_id = make.purchase(juana, Stage.TERMS, **choices)
        press(public_id)
        return public_id

    return buy


@pytest.fixture
def change(call) -> Callable[..., None]:
    """Behind the portal's back: `change(Payment, sent_at=None)`."""

    def change(model: Any, *where: Any, **values: Any) -> None:
        def write() -> None:
            with writing() as session:
                session.execute(update(model).where(*where).values(**values))

        call(write)

    return change


@pytest.fixture
def charge(app, rows) -> Callable[[], int]:
    """The worker of the queue `charges`: does what is due. How many jobs that was."""

    def charge() -> int:
        due = rows(
            select(OutboxRow.id).where(
                OutboxRow.queue == "charges",
                OutboxRow.state == OutboxState.PENDING,
                OutboxRow.due_at <= portal_clock.now(),
            )
        )
        for outbox_id in due:
            with app.app_context():
                charges.charge(outbox_id)
        return len(due)

    return charge


@pytest.fixture
def use_bank(app, bank):
    """Another bank for the portal; without an address the sandbox's again."""

    def use_bank(url: str | None = None, patience: Patience | None = None) -> None:
        app.extensions["bank"] = Bank(url or bank.url, bank.api_key, patience)

    return use_bank


@pytest.fixture
def payment(rows):
    def payment() -> Payment:
        """The newest."""
        return rows(select(Payment).order_by(Payment.id))[-1]

    return payment


@pytest.fixture
def payments(rows):
    """Number and state of each, the oldest first."""
    return lambda: [(one.number, one.state) for one in rows(select(Payment).order_by(Payment.id))]


@pytest.fixture
def purchase(rows):
    def purchase() -> Purchase:
        """The only one."""
        (found,) = rows(select(Purchase))
        return found

    return purchase


@pytest.fixture
def charged(bank):
    """The approved charges in the bank's own books, by key."""
    return lambda: [entry["key"] for entry in bank.ledger.entries()["charges"] if entry["status"] == "approved"]


@pytest.fixture
def mails(rows):
    return lambda kind: rows(select(Message).where(Message.kind == kind).order_by(Message.id))


@pytest.fixture
def send(call, rows) -> Callable[[], None]:
    """The worker of the queue `mail`, for the newest message."""

    def send() -> None:
        owed = rows(select(OutboxRow.id).where(OutboxRow.queue == "mail").order_by(OutboxRow.id))[-1]
        call(mail.send, owed)

    return send


@pytest.fixture
def owe(call) -> Callable[..., int]:
    """A row of the outbox; its id."""

    def owe(key: str = "mail:42", **named: Any) -> int:
        def use_case() -> outbox.Owed:
            with writing():
                return JOB.owe(SUBJECT, key=key, **named)

        return call(use_case).id

    return owe


@pytest.fixture
def owed_row(rows):
    """The only row of the outbox, as it is now: `owed_row()`."""

    def owed_row() -> OutboxRow:
        (found,) = rows(select(OutboxRow))
        return found

    return owed_row


@pytest.fixture
def bells(app, redis_server):
    """How often the queue of mail was rung for, and nobody came yet: `bells()`."""

    def bells() -> int:
        with redis_server.client as redis:
            return int(redis.llen("rq:queue:mail"))

    return bells
