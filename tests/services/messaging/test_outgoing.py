"""Mail as rows: written with the use case, sent by the worker over real SMTP, its secret gone once it has left."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import LargeBinary, QueuePool, String, Text, select

from portal.domain import clock as portal_clock
from portal.domain import formats
from portal.domain.actor import Actor
from portal.domain.errors import NotFound
from portal.domain.message import EXPIRED, MessageState
from portal.extensions import db
from portal.models import Message, OutboxRow, OutboxState
from portal.models.transaction import writing
from portal.services.accounts import activation
from portal.services.authentication import signing_in
from portal.services.messaging import inbox, outgoing
from portal.services.messaging.rendering import SECRET_MARK
from portal.services.platform.encryption import unseal
from portal.services.sale import confirming
from sandbox.embedded import free_port
from sandbox.mailbox import smtp_server
from tests.factories import Stage
from tests.services.newcomer import VISITOR

SIX_DIGITS = re.compile(r"\b[0-9]{6}\b")


@pytest.fixture
def code_mail(make, juana, rows) -> Callable[[], Message]:
    """A purchase code that waits to be mailed; the row as it is now."""
    make.purchase(juana, Stage.METHOD)

    def code_mail() -> Message:
        (message,) = rows(select(Message))
        return message

    return code_mail


@pytest.fixture
def owed(rows) -> Callable[[], OutboxRow]:
    """The newest row of the queue `mail`."""
    return lambda: rows(select(OutboxRow).where(OutboxRow.queue == "mail").order_by(OutboxRow.id))[-1]


@pytest.fixture
def smtp_at(app, monkeypatch) -> Callable[[int], None]:
    """The portal delivers to another server."""
    return lambda port: monkeypatch.setattr(app.extensions["mail"], "port", port)


class Refusing:
    """Says `answer` to each recipient or, with `after_data`, to the whole message."""

    def __init__(self, answer: str, *, after_data: bool = False) -> None:
        self.answer, self.after_data, self.tries = answer, after_data, 0

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.tries += 1
        if not self.after_data:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        return self.answer


def everything_stored(message: Message) -> str:
    """All the text of the row."""
    kinds = (String, Text, LargeBinary)
    values = [getattr(message, c.key) for c in Message.__table__.columns if isinstance(c.type, kinds)]
    return "\n".join(str(value) for value in values)


def test_a_code_waits_encrypted_and_stands_nowhere_in_the_row(call, make, code_mail):
    message = code_mail()
    digits = call(unseal, message.secret)
    assert SIX_DIGITS.fullmatch(digits)
    assert digits not in everything_stored(message)
    assert SECRET_MARK in message.text_body
    assert SECRET_MARK in message.html_body


def test_the_mail_carries_the_code_in_both_parts_and_says_what_it_authorises(call, code_mail, send, mailbox, juana):
    digits = call(unseal, code_mail().secret)
    send()
    (mail,) = mailbox.store.mails()
    assert mail.envelope_to == [juana.email]
    for kind in ("plain", "html"):
        body = " ".join((mail.body(kind) or "").split())
        assert digits in body
        assert SECRET_MARK not in body
        for words in ("Plan 2", "72.92", "Cargo a Cuenta", "¿No fue usted?"):
            assert words in body.replace("\xa0", " ")
        assert f"Vale hasta las {formats.hour(code_mail().expires_at)} y sirve una sola vez" in body
    assert mail.header("Subject").startswith(f"{digits} es su código para comprar Muerte Accidental, Plan 2 (COT-")
    assert code_mail().subject.startswith(f"{SECRET_MARK} es su código para comprar Muerte Accidental")


def test_once_it_has_left_the_code_is_gone_and_when_it_was_sent_is_known(call, code_mail, send):
    digits = call(unseal, code_mail().secret)
    send()
    message = code_mail()
    assert (message.state, message.secret) == (MessageState.SENT, None)
    assert digits not in everything_stored(message)
    assert timedelta(0) <= portal_clock.now() - message.sent_at < timedelta(minutes=1)


def test_sent_again_by_a_worker_that_follows_a_killed_one_it_is_the_same_bytes_and_message_id(
    call, code_mail, send, mailbox, owed
):
    """A worker died between the server's answer and its own mark: the row is as it was before."""
    before, job = code_mail(), owed()
    send()

    def as_before() -> None:
        with writing() as session:
            message = session.get_one(Message, before.id)
            message.state, message.secret, message.sent_at = MessageState.SENDING, before.secret, None
            session.get_one(OutboxRow, job.id).state = OutboxState.PENDING

    call(as_before)
    send()
    first, second = mailbox.store.mails()
    assert first.header("Message-ID") == second.header("Message-ID") == before.rfc_message_id
    assert first.raw == second.raw
    assert code_mail().state is MessageState.SENT


def test_a_job_that_comes_twice_sends_once(send, code_mail, mailbox):
    send()
    send()
    assert len(mailbox.store.mails()) == 1


@pytest.mark.parametrize("after_data", [False, True])
def test_a_mail_refused_for_good_is_failed_at_once_and_its_secret_erased(send, code_mail, smtp_at, owed, after_data):
    refusing = Refusing("550 5.1.1 No such user", after_data=after_data)
    with smtp_server(refusing) as port:
        smtp_at(port)
        send()
        send()
    message = code_mail()
    assert (message.state, message.secret) == (MessageState.FAILED, None)
    assert "550" in (message.reason or "")
    assert owed().state is OutboxState.FAILED
    assert refusing.tries == 1


@pytest.mark.parametrize("after_data", [False, True])
def test_a_mail_refused_for_now_is_tried_again(send, code_mail, smtp_at, owed, mailbox, clock, after_data):
    with smtp_server(Refusing("451 4.3.0 Try later", after_data=after_data)) as port:
        smtp_at(port)
        send()
    message = code_mail()
    assert message.state is MessageState.SENDING
    assert message.secret is not None
    assert (owed().state, owed().attempts) == (OutboxState.PENDING, 1)
    smtp_at(mailbox.smtp_port)
    clock(seconds=6)
    send()
    assert code_mail().state is MessageState.SENT
    assert len(mailbox.store.mails()) == 1


def test_a_server_that_is_away_costs_time_and_no_mail(send, code_mail, smtp_at, owed, mailbox):
    smtp_at(free_port())
    for attempt in range(1, 5):
        send()
        assert (owed().state, owed().attempts) == (OutboxState.PENDING, attempt)
    smtp_at(mailbox.smtp_port)
    send()
    assert code_mail().state is MessageState.SENT


def test_after_the_last_try_the_mail_says_that_it_was_not_delivered(make, juana, call, send, mails, smtp_at, owed):
    call(signing_in.change_password, "otra montaña con lluvia de tranvías", juana.actor, current=juana.password)
    smtp_at(free_port())
    for _ in range(9):
        send()
    (message,) = mails("password_changed")
    assert (message.state, owed().state) == (MessageState.FAILED, OutboxState.FAILED)
    assert message.reason


# --- what comes too late ---------------------------------------------------------------------------------------------


def test_a_code_is_tried_each_minute_while_it_lives_and_then_sent_no_more(code_mail, smtp_at, owed, drain, clock_at):
    later = Refusing("451 4.7.1 Greylisted")
    with smtp_server(later) as port:
        smtp_at(port)
        asked, until = code_mail().queued_at, code_mail().expires_at
        for minute in range(10):
            before = later.tries
            clock_at(asked, 61 * minute + 1)
            drain()
            assert later.tries > before
        clock_at(until, 61)
        tries = later.tries
        drain()
        assert later.tries == tries
    message = code_mail()
    assert (message.state, message.reason, message.secret) == (MessageState.FAILED, EXPIRED, None)
    assert owed().state is OutboxState.DONE


def test_a_code_that_arrives_does_so_while_it_lives(code_mail, smtp_at, drain, clock_at, mailbox):
    smtp_at(free_port())
    drain()
    smtp_at(mailbox.smtp_port)
    clock_at(code_mail().expires_at, -1)
    drain()
    assert code_mail().state is MessageState.SENT


@pytest.mark.parametrize("refusal", ["550 5.7.1 policy", "550 5.4.5 Daily sending quota exceeded", "535 5.7.8 no"])
def test_a_code_that_our_own_server_refuses_is_not_lost(code_mail, smtp_at, drain, clock, mailbox, refusal):
    with smtp_server(Refusing(refusal)) as port:
        smtp_at(port)
        drain()
    assert code_mail().state is MessageState.SENDING
    smtp_at(mailbox.smtp_port)
    clock(minutes=1)
    drain()
    assert code_mail().state is MessageState.SENT


def test_an_older_code_that_has_not_left_never_does(make, juana, call, rows, smtp_at, drain, clock, mailbox):
    public_id = make.purchase(juana, Stage.METHOD)
    smtp_at(free_port())
    drain()
    clock(seconds=61)
    call(confirming.CODE.send, public_id, juana.actor)
    smtp_at(mailbox.smtp_port)
    clock(seconds=130)
    drain()
    older, newer = rows(select(Message).where(Message.kind == "purchase_code"))
    assert (older.state, older.reason, newer.state) == (MessageState.FAILED, EXPIRED, MessageState.SENT)
    assert len(mailbox.store.mails()) == 1


def test_an_initial_password_and_a_slip_that_have_ended_are_not_sent(
    make, accepted, call, secret, mails, drain, clock, juana
):
    token = accepted()
    call(activation.confirm, token, secret("account_code"), VISITOR)
    slip = make.slip(juana)
    clock(days=4)
    assert slip.due_at < portal_clock.now()
    drain()
    (credentials,), (paper,) = mails("credentials"), mails("payment_slip")
    assert (credentials.state, credentials.reason, credentials.secret) == (MessageState.FAILED, EXPIRED, None)
    assert (paper.state, paper.reason) == (MessageState.FAILED, EXPIRED)


def test_no_connection_to_the_database_is_held_while_a_server_thinks(app, send, code_mail, smtp_at):
    with app.app_context():
        pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    in_use = pool.checkedout
    held: list[int] = []

    class Looking:
        async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
            held.append(in_use())
            return "250 OK"

    with smtp_server(Looking()) as port:
        smtp_at(port)
        send()
    assert held == [0]


# --- what others may see ---------------------------------------------------------------------------------------------


def test_everybody_reads_their_own_messages_only(make, juana, code_mail, call):
    other = make.customer().actor
    message = code_mail()
    assert [one.id for one in call(inbox.lines, juana.actor, limit=9)] == [message.id]
    assert call(inbox.lines, other, limit=9) == []
    assert call(outgoing.get, message.id, juana.actor).id == message.id
    for number in (message.id, message.id + 1):
        with pytest.raises(NotFound):
            call(outgoing.get, number, other)


def test_a_message_to_nobodys_account_is_read_by_no_visitor(make, rows, call):
    make.signup()
    (message,) = rows(select(Message).where(Message.account_id.is_(None)))
    with pytest.raises(NotFound):
        call(outgoing.get, message.id, Actor())


def test_what_a_person_is_called_is_text_in_the_html_and_no_line_in_a_header(make, rows, call):
    attacker = make.customer(names="<b>Eva</b>", paternal_surname="x</p><script>alert(1)</script>")
    make.purchase(attacker, Stage.METHOD)
    (message,) = rows(select(Message))
    assert "<b>Eva" not in message.html_body
    assert "<script>alert" not in message.html_body
    assert "&lt;script&gt;alert(1)" in message.html_body
    assert "\n" not in message.subject


def test_each_mail_has_an_id_of_its_own_at_the_portals_host(make, juana, rows):
    for _ in range(2):
        make.purchase(juana, Stage.METHOD)
    ids: list[Any] = rows(select(Message.rfc_message_id))
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"<[0-9a-f]{32}@localhost>", one) for one in ids)
