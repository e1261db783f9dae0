"""Each job, called as a worker calls it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.domain.message import MessageState
from portal.domain.payment import PaymentState
from portal.extensions import db
from portal.models import Document, Message, OutboxRow, OutboxState, Payment, Policy
from sandbox.harness import RunningBank, RunningMailbox
from tests.factories import Factories, Stage
from workers import charges, mail, quotes


def owed(app: Flask, queue: str) -> int:
    """The newest row owed to `queue`."""
    with app.app_context():
        rows = select(OutboxRow.id).where(OutboxRow.queue == queue).order_by(OutboxRow.id.desc()).limit(1)
        return db.session.scalars(rows).one()


def state_of(app: Flask, outbox_id: int) -> OutboxState:
    with app.app_context():
        return db.session.get_one(OutboxRow, outbox_id).state


def only(app: Flask, model: Any) -> Any:
    with app.app_context():
        return db.session.scalars(select(model)).one()


def run(app: Flask, job: Any, outbox_id: int) -> None:
    with app.app_context():
        job(outbox_id)


def test_a_charge_is_made_once_and_issues_the_policy(app: Flask, make: Factories, bank: RunningBank) -> None:
    me = make.customer()
    public_id = make.purchase(me, Stage.TERMS)
    make.pay(me, public_id)
    row = owed(app, "charges")
    run(app, charges.charge, row)
    assert state_of(app, row) is OutboxState.DONE
    assert only(app, Payment).state is PaymentState.APPROVED
    assert only(app, Policy).number
    assert [charge["status"] for charge in bank.ledger.entries()["charges"]] == ["approved"]


def test_a_document_is_rendered_once_and_kept(app: Flask, make: Factories) -> None:
    make.printed_quote(make.customer())
    row = owed(app, "quotes")
    run(app, quotes.render, row)
    first = only(app, Document)
    run(app, quotes.render, row)
    assert state_of(app, row) is OutboxState.DONE
    assert first.is_ready
    assert first.size > 10_000
    assert only(app, Document).storage_key == first.storage_key


def test_a_mail_is_sent_once(app: Flask, make: Factories, mailbox: RunningMailbox) -> None:
    me = make.customer()
    make.purchase(me, Stage.METHOD)
    row = owed(app, "mail")
    run(app, mail.send, row)
    run(app, mail.send, row)
    assert state_of(app, row) is OutboxState.DONE
    assert only(app, Message).state is MessageState.SENT
    assert [one.envelope_to for one in mailbox.store.mails()] == [[me.email]]


@pytest.mark.parametrize("job", [charges.charge, quotes.render, mail.send])
def test_a_row_that_is_not_there_is_no_error(app: Flask, job: Any) -> None:
    run(app, job, 999_999)
