"""What waits in business words, and what was given up tried again."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from portal.domain import clock as portal_clock
from portal.domain.errors import NotAllowed, NotFound
from portal.domain.message import MessageState
from portal.extensions import db
from portal.models import Account, AuditEntry, Document, Message, OutboxRow, OutboxState
from portal.models.transaction import writing
from portal.services.desk import failed_jobs, work_queues
from portal.services.desk.background import FAMILIES
from portal.services.documents import kinds
from portal.services.platform import outbox
from portal.services.printing import jobs
from tests import draining
from tests.factories import Stage
from tests.services.at_once import at_once


@pytest.fixture
def carla(make):
    return make.collaborator()


@pytest.fixture
def desk(call, carla):
    """What the desk counts, the most pressing first: `desk()`."""
    return lambda: [one for _queue, one in call(work_queues.waiting, work_queues.DESK, carla.actor)]


@pytest.fixture
def waiting(desk):
    return lambda: {one.noun: one.count for one in desk()}


@pytest.fixture
def give_up(app):
    return partial(draining.give_up, app)


def test_nothing_waits_when_everything_is_done_or_on_its_way(make, juana, waiting, drain):
    assert waiting() == {}
    make.policy(juana)
    assert waiting() == {}, "it was bought this moment"
    drain()
    assert waiting() == {}


def test_what_is_late_is_counted_with_its_oldest(desk, make, juana, waiting, clock):
    began = portal_clock.now()
    make.policy(juana)
    clock(minutes=3)
    assert waiting() == {"póliza sin enviar": 1, "correo demorado": 1, "documento demorado": 1}
    for one in desk():
        assert abs(one.since - began) < timedelta(minutes=1)
        assert not one.needs_people


def test_what_was_given_up_needs_people(desk, make, juana, waiting, give_up):
    make.policy(juana)
    give_up("documents", "PdfTimeout")
    give_up("mail", "recipient refused: 550")
    assert waiting() == {
        "póliza sin enviar": 1,
        "correo no entregado": 1,
        "documento que no se pudo hacer": 1,
    }
    assert all(one.needs_people for one in desk())


def test_payments_wait_for_the_bank_or_for_people(make, juana, waiting):
    make.purchase(juana, Stage.PAID, last4="0022")
    make.payment_in_review(make.customer())
    assert list(waiting().items()) == [("pago por confirmar", 1), ("pago que el banco no responde", 1)]


REASONS = (
    "recipient refused: 550",
    "connection: TimeoutError",
    "conversation: SMTPServerDisconnected",
    "its document could not be made",
    "PdfTimeout",
    "ConnectionError",
    "ZeroDivisionError",
    None,
)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.job.queue)
@pytest.mark.parametrize("reason", REASONS)
def test_why_it_failed_is_said_in_words(family, reason):
    said = family.why(reason)
    assert said.endswith(".")
    assert "Error" not in said
    assert "550" not in said
    assert "Failure" not in said


def test_failed_rows_name_a_number_and_no_person(call, make, juana, give_up):
    number = make.printed_quote(juana)
    make.purchase(juana, Stage.METHOD)
    give_up("quotes", "PdfTimeout")
    give_up("mail", "recipient refused: 550")
    listed = call(failed_jobs.failed)
    assert ("PDF de la cotización", number) in [(one.what, one.whose) for one in listed]
    codes = [one.whose for one in listed if one.what.startswith("Correo: •••••• es su código para comprar")]
    assert codes
    assert all(re.fullmatch(r"COT-\d{4}-\d{6}", whose) for whose in codes), "the desk can search for it"
    for one in listed:
        told = f"{one.what} {one.whose} {one.why}"
        for private in (juana.email, juana.surname, juana.identity.number, juana.username):
            assert private not in told


def test_retrying_owes_it_again_and_it_arrives(call, make, juana, carla, give_up, rows, drain, mailbox, waiting):
    make.policy(juana)
    drain_documents(call, rows)
    give_up("mail", "recipient refused: 550")
    (row,) = [one for one in call(failed_jobs.failed) if "Su póliza" in one.what]
    assert call(failed_jobs.retry, row.id, carla.actor) is True
    drain()
    assert [mail.header("To") for mail in mailbox.store.mails()] == [juana.email]
    (entry,) = rows(select(AuditEntry).where(AuditEntry.action == "job.retry"))
    assert entry.actor_id == carla.account_id
    (message,) = rows(select(Message).where(Message.kind == "policy"))
    assert (message.state, message.reason) == (MessageState.SENT, None)


def test_a_charge_that_was_given_up_is_listed_by_its_payment_and_retried(
    call, buy, carla, give_up, payment, charge, charged
):
    buy()
    give_up("charges", "ConnectionError")
    (line,) = call(failed_jobs.failed)
    assert (line.what, line.whose, line.obstacle) == ("Cargo con el banco", payment().number, None)
    assert line.why == "No se pudo completar con el banco en ningún intento."
    assert charge() == 0
    assert call(failed_jobs.retry, line.id, carla.actor) is True
    assert charge() == 1
    assert charged() == [payment().idempotency_key]


def test_a_row_of_a_family_that_is_no_more_is_neither_listed_nor_owed_again(app, call, carla, rows):
    with app.app_context(), writing() as session:
        session.add(
            OutboxRow(queue="gone", job="workers.gone.go", subject_id=1, dedupe_key="gone:1", state=OutboxState.FAILED)
        )
    (outbox_id,) = rows(select(OutboxRow.id))
    assert call(failed_jobs.failed) == []
    with pytest.raises(NotFound):
        call(failed_jobs.retry, outbox_id, carla.actor)


def test_a_double_click_retries_once(app, make, juana, carla, give_up, rows):
    make.printed_quote(juana)
    give_up("quotes", "PdfTimeout")
    (outbox_id,) = rows(select(OutboxRow.id).where(OutboxRow.state == OutboxState.FAILED))
    answers = at_once(app, 8, lambda _: failed_jobs.retry(outbox_id, carla.actor))
    assert sorted(answers) == [False] * 7 + [True]
    assert len(rows(select(AuditEntry).where(AuditEntry.action == "job.retry"))) == 1


@pytest.mark.parametrize("retried", ["documents", "mail"])
def test_a_document_and_the_mail_that_carries_it_are_retried_together(
    call, make, juana, carla, give_up, rows, drain, mailbox, clock, retried
):
    make.policy(juana)
    give_up("documents", "PdfTimeout")
    give_up("mail", "its document could not be made")
    if retried == "mail":
        chosen = rows(
            select(OutboxRow.id)
            .join(Message, Message.id == OutboxRow.subject_id)
            .where(OutboxRow.queue == "mail", Message.kind == "policy")
        )
    else:
        chosen = rows(
            select(OutboxRow.id)
            .join(Document, Document.id == OutboxRow.subject_id)
            .where(OutboxRow.queue == "documents", Document.kind == kinds.POLICY.code)
        )
    (outbox_id,) = chosen
    call(failed_jobs.retry, outbox_id, carla.actor)
    drain()
    clock(minutes=1)
    drain()
    assert [mail.header("To") for mail in mailbox.store.mails()] == [juana.email]


def test_it_goes_to_the_address_that_the_account_has_now(call, make, juana, carla, give_up, rows, drain, mailbox):
    make.policy(juana)
    drain_documents(call, rows)
    give_up("mail", "recipient refused: 550")

    def correct() -> None:
        with writing() as session:
            session.get_one(Account, juana.account_id).email = "correcto@example.com"

    call(correct)
    for one in call(failed_jobs.failed):
        if not one.obstacle:
            call(failed_jobs.retry, one.id, carla.actor)
    drain()
    assert {mail.header("To") for mail in mailbox.store.mails()} == {"correcto@example.com"}


def test_a_mail_whose_secret_is_erased_is_not_sent_again(call, make, juana, carla, give_up, rows):
    make.purchase(juana, Stage.METHOD)
    give_up("mail", "recipient refused: 550")
    (row,) = [one for one in call(failed_jobs.failed) if "código" in one.what]
    assert row.obstacle
    with pytest.raises(NotAllowed, match="pedir otro"):
        call(failed_jobs.retry, row.id, carla.actor)
    (state,) = rows(select(OutboxRow.state).where(OutboxRow.id == row.id))
    assert state is OutboxState.FAILED


def test_a_row_that_is_not_there_is_not_found(call, carla):
    with pytest.raises(NotFound):
        call(failed_jobs.retry, 4711, carla.actor)


def drain_documents(call, rows) -> None:
    for outbox_id in rows(
        select(OutboxRow.id).where(OutboxRow.queue == "documents", OutboxRow.state == OutboxState.PENDING)
    ):
        call(outbox.perform, outbox_id, jobs.render)
    assert call(lambda: db.session.scalars(select(Document).where(Document.storage_key.is_(None))).all()) == []
