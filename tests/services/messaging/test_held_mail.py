"""Mail that our own mail server holds back: told apart from bad addresses, alarmed, and sent all at once."""

from __future__ import annotations

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from portal.domain.message import MessageState, Undelivered
from portal.models import AuditEntry, Message, OutboxRow, OutboxState
from portal.services.messaging import held_mail
from sandbox.mailbox import smtp_server
from tests.factories import Stage


class Provider:
    """Our mail server: refuses everything by one answer, but what goes to addresses that don't exist."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, _envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        return "550 5.1.1 No such user" if address.startswith("no-existe") else self.answer


@pytest.fixture
def refused_by(app, monkeypatch, drain, clock):
    """All that is owed is refused by an answer, until it is given up."""

    def refused_by(answer: str) -> None:
        kept = app.extensions["mail"].port
        with smtp_server(Provider(answer)) as port:
            monkeypatch.setattr(app.extensions["mail"], "port", port)
            for hours in range(8):
                clock(hours=hours)
                drain()
                clock(hours=hours, minutes=20)
                drain()
        monkeypatch.setattr(app.extensions["mail"], "port", kept)

    return refused_by


@pytest.fixture
def bought(make):
    """Policies of three people, whose mails are owed; the address of the third does not exist."""
    people = [make.customer(), make.customer(), make.customer(email="no-existe@correo.pe")]
    for someone in people:
        make.policy(someone)
    return people


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.4.5 Daily sending quota exceeded",
        "550 5.7.1 Relaying denied by policy",
        "535 5.7.8 Authentication credentials invalid",
        "552 5.3.4 Message too big for system",
        "550 You have exceeded the maximum number of messages",
    ],
)
@pytest.mark.one_database
def test_what_our_server_refuses_is_no_bad_address_and_one_press_sends_it_all(
    make, bought, refused_by, call, rows, drain, mailbox, answer
):
    refused_by(answer)
    policies = select(Message).where(Message.kind == "policy")
    assert {one.state for one in rows(policies)} == {MessageState.FAILED}
    assert call(held_mail.held)[Undelivered.OURS] >= 2
    someone = make.collaborator()
    sent = call(held_mail.send_all, someone.actor)
    assert sent >= 2
    assert call(held_mail.send_all, someone.actor) == 0
    drain()
    first, second, lost = rows(policies)
    assert (first.state, second.state, lost.state) == (MessageState.SENT, MessageState.SENT, MessageState.FAILED)
    assert {mail.envelope_to[0] for mail in mailbox.store.mails()} >= {one.email for one in bought[:2]}
    assert call(held_mail.held) == {}
    assert [entry.actor_id for entry in rows(select(AuditEntry).where(AuditEntry.action == "job.retry_mail"))] == [
        someone.account_id
    ]


def test_one_press_sends_what_waits_for_its_next_try_too(make, juana, app, monkeypatch, call, rows, drain, clock):
    make.policy(juana)
    kept = app.extensions["mail"].port
    with smtp_server(Provider("451 4.7.0 Too many connections, slow down")) as port:
        monkeypatch.setattr(app.extensions["mail"], "port", port)
        for minutes in (0, 1, 3, 9, 30):
            clock(minutes=minutes)
            drain()
    monkeypatch.setattr(app.extensions["mail"], "port", kept)
    assert drain() == 0
    assert rows(select(OutboxRow.state).where(OutboxRow.last_error.is_not(None))) == [OutboxState.PENDING]
    assert call(held_mail.held) == {Undelivered.REFUSED: 1}
    assert call(held_mail.send_all, make.collaborator().actor) == 1
    drain()
    assert rows(select(Message.state).where(Message.kind == "policy")) == [MessageState.SENT]


def test_a_code_that_died_meanwhile_is_not_among_them(make, juana, refused_by, call, rows):
    make.purchase(juana, Stage.METHOD)
    refused_by("550 5.4.5 Daily sending quota exceeded")
    assert [one.reason for one in rows(select(Message))] == ["expired"]
    assert call(held_mail.held) == {}
    assert call(held_mail.send_all, make.collaborator().actor) == 0
