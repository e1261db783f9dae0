"""Each end of an SMTP conversation is told apart: delivered, worth another try, or final."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask

from portal.integrations.mail_message import compose
from portal.integrations.smtp import Refused, TemporaryFailure, deliver
from sandbox.harness import RunningMailbox
from sandbox.mailbox import smtp_server
from tests.integrations.sample_mail import MAIL, RECIPIENT, SENDER, configure, read


def test_the_very_bytes_arrive(mailbox: RunningMailbox) -> None:
    raw = compose(**MAIL)
    deliver(raw, SENDER, RECIPIENT)
    (mail,) = mailbox.store.mails()
    assert mail.raw == raw
    assert (mail.envelope_from, mail.envelope_to) == ("avisos@massiv.example", [RECIPIENT])


class Refusing:
    """An SMTP server that answers one command with an answer of its own."""

    def __init__(self, command: str, answer: str) -> None:
        setattr(self, f"handle_{command}", self._refuse)
        self._answer = answer

    async def _refuse(self, *_arguments: Any) -> str:
        return self._answer


OF_THE_MAILBOX = [
    ("RCPT", "550 5.1.1 unknown", "recipient refused: 550 5.1.1"),
    ("RCPT", "550 5.1.0 Address rejected", "recipient refused: 550 5.1.0"),
    ("RCPT", "550 5.1.2 no such domain", "recipient refused: 550 5.1.2"),
    ("RCPT", "501 5.1.3 bad address", "recipient refused: 501 5.1.3"),
    ("RCPT", "551 5.1.6 moved", "recipient refused: 551 5.1.6"),
    ("RCPT", "556 5.1.10 null MX", "recipient refused: 556 5.1.10"),
    ("RCPT", "550 5.2.1 disabled", "recipient refused: 550 5.2.1"),
    ("RCPT", "552 5.2.2 full", "recipient refused: 552 5.2.2"),
    ("RCPT", "550 rosa@example.pe is unknown", "recipient refused: 550"),
    ("RCPT", "550 policy@quota.example: no such user here", "recipient refused: 550"),
    ("RCPT", "551 not local", "recipient refused: 551"),
    ("RCPT", "550 Requested action not taken: mailbox unavailable", "recipient refused: 550"),
    ("RCPT", "550 No such user, check your spelling", "recipient refused: 550"),
    ("RCPT", "550 Unrouteable address", "recipient refused: 550"),
    ("RCPT", "550", "recipient refused: 550"),
    ("RCPT", "553 mailbox name not allowed", "recipient refused: 553"),
    ("RCPT", "556 domain takes no mail", "recipient refused: 556"),
    ("DATA", "550 5.1.1 unknown", "message refused: 550 5.1.1"),
    ("DATA", "552 5.2.2 full", "message refused: 552 5.2.2"),
]
OF_US = [
    ("RCPT", "450 4.2.1 busy", "recipient refused: 450 4.2.1"),
    ("RCPT", "450 5.1.1 contradicts itself", "recipient refused: 450 5.1.1"),
    ("RCPT", "550 4.1.1 contradicts itself", "recipient refused: 550 4.1.1"),
    ("RCPT", "452 4.2.2 full for now", "recipient refused: 452 4.2.2"),
    ("RCPT", "550 5.1.0 Sender address rejected", "recipient refused us: 550 5.1.0"),
    ("RCPT", "553 5.1.7 bad sender", "recipient refused: 553 5.1.7"),
    ("RCPT", "550 5.1.8 sender's domain not found", "recipient refused: 550 5.1.8"),
    ("RCPT", "552 5.2.3 too long for the mailbox", "recipient refused: 552 5.2.3"),
    ("RCPT", "552 5.3.4 too big", "recipient refused: 552 5.3.4"),
    ("RCPT", "550 5.4.1 access denied", "recipient refused: 550 5.4.1"),
    ("RCPT", "550 5.4.5 Daily sending quota exceeded", "recipient refused: 550 5.4.5"),
    ("RCPT", "554 5.4.6 loops", "recipient refused: 554 5.4.6"),
    ("RCPT", "503 5.5.1 first log in", "recipient refused: 503 5.5.1"),
    ("RCPT", "553 5.6.7 not ASCII", "recipient refused: 553 5.6.7"),
    ("RCPT", "530 5.7.0 authenticate first", "recipient refused: 530 5.7.0"),
    ("RCPT", "550 5.7.1 blocked", "recipient refused: 550 5.7.1"),
    ("RCPT", "550 5.7.26 unauthenticated", "recipient refused: 550 5.7.26"),
    ("RCPT", "535 authentication failed", "recipient refused us: 535"),
    ("RCPT", "552 storage", "recipient refused us: 552"),
    ("RCPT", "554 no", "recipient refused us: 554"),
    ("RCPT", "550 relay not permitted", "recipient refused us: 550"),
    ("RCPT", "550 Access denied", "recipient refused us: 550"),
    ("RCPT", "550 Monthly allowance reached", "recipient refused us: 550"),
    ("RCPT", "550 Email address is not verified: no such identity", "recipient refused us: 550"),
    ("RCPT", "550 Your account has been disabled", "recipient refused us: 550"),
    ("RCPT", "550 You have exceeded your hourly limit", "recipient refused us: 550"),
    ("RCPT", "553 sorry, that domain isn't in my list of allowed rcpthosts", "recipient refused us: 553"),
    ("MAIL", "451 4.3.0 later", "sender refused: 451 4.3.0"),
    ("MAIL", "550 5.1.1 unknown", "sender refused: 550 5.1.1"),
    ("MAIL", "550 5.4.5 Daily sending quota exceeded", "sender refused: 550 5.4.5"),
    ("MAIL", "552 5.3.4 too big", "sender refused: 552 5.3.4"),
    ("MAIL", "553 not yours", "sender refused us: 553"),
    ("DATA", "452 4.3.1 full", "message refused: 452 4.3.1"),
    ("DATA", "421 4.3.2 closing", "message refused: 421 4.3.2"),
    ("DATA", "550 no", "message refused us: 550"),
    ("DATA", "550 5.1.0 no", "message refused us: 550 5.1.0"),
    ("DATA", "552 5.3.4 too big", "message refused: 552 5.3.4"),
    ("DATA", "550 5.4.5 Daily sending quota exceeded", "message refused: 550 5.4.5"),
    ("DATA", "554 5.7.1 spam", "message refused: 554 5.7.1"),
]
REFUSALS = [(*one[:2], Refused, one[2]) for one in OF_THE_MAILBOX] + [
    (*one[:2], TemporaryFailure, one[2]) for one in OF_US
]


@pytest.mark.parametrize(("command", "answer", "failure", "words"), REFUSALS)
def test_only_a_refusal_that_speaks_of_the_mailbox_is_final(
    app: Flask, command: str, answer: str, failure: type[Exception], words: str
) -> None:
    with smtp_server(Refusing(command, answer)) as port:
        configure(app, port)
        with pytest.raises(failure) as refused:
            deliver(b"Subject: x\r\n\r\nx\r\n", SENDER, RECIPIENT)
    assert str(refused.value) == words


GREETING = [b"220 me\r\n", b"250 me\r\n", b"250 sender\r\n", b"250 recipient\r\n", b"354 go on\r\n"]


@pytest.fixture
def scripted(app: Flask) -> Iterator[Callable[[list[bytes], bool], None]]:
    """A server that says one line for each command, then hangs up or, if told so, falls silent."""
    with ExitStack() as stack:

        def start(lines: list[bytes], silent: bool) -> None:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            over = threading.Event()
            stack.callback(over.set)
            thread = threading.Thread(target=_speak, args=(listening, lines, over if silent else None), daemon=True)
            thread.start()
            configure(app, listening.getsockname()[1])

        yield start


def _speak(listening: socket.socket, lines: list[bytes], silence: threading.Event | None) -> None:
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as commands:
        for number, line in enumerate(lines):
            if number == len(GREETING):  # the message itself, up to its lonely dot
                _skip_message(commands)
            elif number:
                commands.readline()
            connection.sendall(line)
        if silence:
            silence.wait()


def _skip_message(commands: Any) -> None:
    while commands.readline() not in (b".\r\n", b""):
        continue


@pytest.mark.parametrize("said", range(len(GREETING) + 1))
@pytest.mark.parametrize("silent", [True, False], ids=["silence", "hanging up"])
def test_a_server_that_falls_silent_or_leaves_is_worth_another_try(
    scripted: Callable[[list[bytes], bool], None], said: int, silent: bool
) -> None:
    scripted(GREETING[:said], silent)
    with pytest.raises(TemporaryFailure):
        deliver(b"Subject: x\r\n\r\nx\r\n", SENDER, RECIPIENT, timeout=0.3)


@pytest.mark.parametrize("silent", [True, False], ids=["silence", "hanging up"])
def test_once_accepted_a_lost_farewell_is_no_failure(
    scripted: Callable[[list[bytes], bool], None], silent: bool
) -> None:
    scripted([*GREETING, b"250 stored\r\n"], silent)
    # Nothing but the silence takes as long, whatever else the machine is at.
    deliver(b"Subject: x\r\n\r\nx\r\n", SENDER, RECIPIENT, timeout=5)


@pytest.mark.parametrize(
    "lines", [[b"554 go away\r\n"], [b"421 busy\r\n"], [b"220 me\r\n", b"550 not you\r\n", b"550 not you\r\n"]]
)
def test_a_server_that_refuses_us_does_not_condemn_the_mail(
    scripted: Callable[[list[bytes], bool], None], lines: list[bytes]
) -> None:
    scripted(lines, False)
    with pytest.raises(TemporaryFailure):
        deliver(b"Subject: x\r\n\r\nx\r\n", SENDER, RECIPIENT, timeout=0.3)


def test_a_server_that_is_not_there_is_worth_another_try(app: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        configure(app, free.getsockname()[1])
    with pytest.raises(TemporaryFailure, match="connection: ConnectionRefusedError"):
        deliver(b"Subject: x\r\n\r\nx\r\n", SENDER, RECIPIENT)


def test_an_address_that_smtp_cannot_carry_is_final(mailbox: RunningMailbox) -> None:
    with pytest.raises(Refused):
        deliver(compose(**MAIL), SENDER, "ñusta@example.com")


def test_a_domain_with_an_accent_is_written_as_the_name_servers_know_it(mailbox: RunningMailbox) -> None:
    deliver(compose(**MAIL | {"recipient": "juana@ñandú.example"}), SENDER, "juana@ñandú.example")
    (mail,) = mailbox.store.mails()
    assert mail.envelope_to == ["juana@xn--and-6ma2c.example"]
    assert read(mail.raw)["To"] == "juana@xn--and-6ma2c.example"
