"""SMTP away, slow, rude or rubbish: every mail is delivered once it can be, and what cannot be is on the desk.

Where minutes pass it is the clock of this process that moves, and the jobs are the workers' own functions.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from portal.domain.actor import SYSTEM
from portal.domain.message import MessageState
from portal.integrations import jobqueue, smtp
from portal.models import Message, OutboxRow, OutboxState
from portal.services.messaging import backlog
from portal.services.platform import outbox
from portal.services.platform.pending import grouped
from sandbox.mailbox import smtp_server
from tests.factories import Stage
from tests.processes import PATIENCE, until, worker

MAILS = 6
#: An SMTP server's lines until it has the message.
CONVERSATION = [b"220 me\r\n", b"250 me\r\n", b"250 sender\r\n", b"250 recipient\r\n", b"354 go on\r\n"]


@pytest.fixture
def people(make, drain) -> list[Any]:
    """Each has a code on its way by mail; nothing else is owed."""
    people = [make.customer() for _ in range(MAILS)]
    quotes = [make.quote(somebody) for somebody in people]
    drain()
    for somebody, quote in zip(people, quotes, strict=True):
        make.purchase(somebody, Stage.METHOD, quote=quote)
    return people


@pytest.fixture
def server(app) -> Iterator[Callable[[int], None]]:
    """Another SMTP server for the jobs of this process: `server(port)`."""
    settings = app.extensions["mail"]
    kept = settings.port

    def server(port: int = kept) -> None:
        settings.port = port

    yield server
    settings.port = kept


def nobody_listens() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def owed(rows: Callable[[Any], list[Any]]) -> list[OutboxRow]:
    return rows(select(OutboxRow).where(OutboxRow.queue == "mail", OutboxRow.state == OutboxState.PENDING))


def delivered(rows: Callable[[Any], list[Any]]) -> int:
    return len(rows(select(Message).where(Message.state == MessageState.SENT)))


def test_smtp_away_for_eight_minutes_delays_every_code_and_loses_none(app, people, server, rows, clock, drain, mailbox):
    server(nobody_listens())
    tries: list[int] = []
    for seconds in range(0, 481, 5):
        clock(seconds=seconds)
        if drain():
            tries.append(seconds)
    pauses = [later - sooner for sooner, later in pairwise(tries)]
    assert len(pauses) >= 3
    assert pauses[:3] == sorted(pauses[:3]), "each pause is longer than the one before"
    assert max(pauses) <= 65, "and none longer than a minute, since the code lives for ten"
    assert {row.last_error for row in owed(rows)} == {"connection: ConnectionRefusedError"}
    assert (len(owed(rows)), delivered(rows)) == (MAILS, 0)
    server()
    clock(minutes=9, seconds=5)
    drain()
    assert delivered(rows) == len(mailbox.store.mails()) == MAILS
    assert {mail.envelope_to[0] for mail in mailbox.store.mails()} == {somebody.email for somebody in people}


class Answers:
    """An SMTP server that gives each recipient's first messages these answers, and then takes them."""

    def __init__(self, command: str, *answers: str) -> None:
        self.taken: list[bytes] = []
        self._left: dict[str, list[str]] = {}
        self._answers, self._command = list(answers), command

    def _next(self, recipient: str) -> str | None:
        left = self._left.setdefault(recipient, list(self._answers))
        return left.pop(0) if left else None

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Sequence[str]
    ) -> str:
        refusal = self._next(address) if self._command == "RCPT" else None
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        refusal = self._next(envelope.rcpt_tos[0]) if self._command == "DATA" else None
        if refusal is None:
            self.taken.append(envelope.original_content or b"")
        return refusal or "250 2.0.0 Stored"


@pytest.mark.one_database
@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_a_server_that_says_later_is_asked_again(people, server, rows, clock, drain, command):
    greylisting = Answers(command, "451 4.7.1 Greylisted", "450 4.2.0 Still")
    with smtp_server(greylisting) as port:
        server(port)
        for seconds in (0, 6, 30):
            assert delivered(rows) == 0
            clock(seconds=seconds)
            drain()
    assert delivered(rows) == len(greylisting.taken) == MAILS
    assert {row.attempts for row in rows(select(OutboxRow).where(OutboxRow.queue == "mail"))} == {3}


@pytest.mark.parametrize(("command", "reason"), [("RCPT", "recipient refused: 550"), ("DATA", "message refused: 550")])
def test_what_a_server_refuses_for_good_is_on_the_desk_and_the_others_are_delivered(
    app, people, server, rows, drain, command, reason
):
    class Refuses(Answers):
        def _next(self, recipient: str) -> str | None:
            return "550 5.1.1 No such mailbox" if recipient == people[0].email else None

    refusing = Refuses(command)
    with smtp_server(refusing) as port:
        server(port)
        drain()
    assert delivered(rows) == len(refusing.taken) == MAILS - 1
    (lost,) = rows(select(Message).where(Message.state == MessageState.FAILED))
    assert (lost.recipient, lost.secret) == (people[0].email, None)
    assert lost.reason.startswith(reason)
    with app.app_context():
        (waiting,) = grouped([backlog.mails(SYSTEM)])
        assert [(one.what, one.count) for one in waiting if one.needs_people] == [(backlog.LOST_MAIL, 1)]


def _say(connection: socket.socket, lines: Sequence[bytes]) -> None:
    """The lines, each but the first after one of the client's; after the last of all the client's message is read."""
    with connection.makefile("rb") as said:
        for number, line in enumerate(lines):
            if number:
                said.readline()
            connection.sendall(line)
        if len(lines) == len(CONVERSATION):
            while said.readline() not in (b".\r\n", b""):
                continue


@contextmanager
def scripted(lines: Sequence[bytes], *, is_silent: bool = False, drips: bytes = b"") -> Iterator[int]:
    """A server that says these lines, each after one of the client's, and then hangs up, is silent, or drips."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError):
                    connection, _ = listening.accept()
                    threading.Thread(target=converse, args=(connection,), daemon=True).start()

        def converse(connection: socket.socket) -> None:
            connection.settimeout(PATIENCE)
            with suppress(OSError), connection:
                _say(connection, lines)
                while drips and not ended.wait(0.1):
                    connection.sendall(drips)
                if is_silent:
                    ended.wait()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        ended.set()
        thread.join()


RUDE: dict[str, dict[str, Any]] = {
    "takes the call and is silent": {"lines": [], "is_silent": True},
    "is silent after the message": {"lines": CONVERSATION, "is_silent": True},
    "hangs up after the message": {"lines": CONVERSATION},
    "speaks another language": {"lines": [b"HTTP/1.1 400 Bad Request\r\n\r\n"]},
    "talks rubbish": {"lines": [CONVERSATION[0], bytes(range(128, 256)) * 100 + b"\r\n"]},
}


@pytest.mark.one_database
@pytest.mark.parametrize("kind", RUDE)
def test_a_server_that_does_not_keep_the_rules_is_left_in_time_and_tried_again(
    people, server, rows, clock, drain, mailbox, monkeypatch, kind
):
    with scripted(**RUDE[kind]) as port, monkeypatch.context() as patience:
        patience.setattr(smtp.deliver, "__defaults__", (0.2,))
        server(port)
        drain()
    assert (len(owed(rows)), delivered(rows)) == (MAILS, 0)
    assert all(str(row.last_error).startswith(("connection: ", "conversation: ")) for row in owed(rows))
    server()
    clock(seconds=6)
    drain()
    assert delivered(rows) == len(mailbox.store.mails()) == MAILS


@pytest.mark.one_database
def test_a_server_that_never_comes_to_its_point_costs_a_job_its_time_and_no_more(
    people, rows, env, mailbox, redis_server, monkeypatch, tmp_path
):
    """Each of its lines comes in time, so that only the job's own limit ends it."""
    assert smtp.deliver.__defaults__ == (smtp.TIMEOUT,)
    assert outbox.LEASE.total_seconds() > jobqueue.JobQueue.job_seconds
    monkeypatch.setattr(jobqueue.JobQueue, "job_seconds", 5)  # to begin with, on a busy machine
    bell = jobqueue.JobQueue()
    bell.redis = redis_server.client
    bell.redis.flushdb()
    with (
        scripted([b"220-me\r\n"], drips=b"220-still me\r\n") as port,
        worker(env | {"MAIL_PORT": str(port)}, "mail", tmp_path / "mail"),
    ):
        bell.ring("mail", "workers.mail.send", owed(rows)[0].id)
        until(lambda: "JobTimeoutException" in {row.last_error for row in owed(rows)}, "the job is cut off")
    bell.redis.close()
    assert mailbox.store.mails() == []
