"""Each end of an SMTP conversation is told apart: delivered, worth another try, or final."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask

from portal.integrations.smtp import Refused, TemporaryFailure, compose, deliver
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


REFUSALS = [
    ("RCPT", "450 4.2.1 busy", TemporaryFailure, "recipient refused: 450 4.2.1"),
    ("RCPT", "550 5.1.1 unknown", Refused, "recipient refused: 550 5.1.1"),
    ("RCPT", "550 rosa@example.pe is unknown", Refused, "recipient refused: 550"),
    ("MAIL", "451 4.3.0 later", TemporaryFailure, "sender refused: 451 4.3.0"),
    ("MAIL", "552 5.3.4 too big", Refused, "sender refused: 552 5.3.4"),
    ("DATA", "452 4.3.1 full", TemporaryFailure, "message refused: 452 4.3.1"),
    ("DATA", "554 5.7.1 spam", Refused, "message refused: 554 5.7.1"),
    ("DATA", "421 4.3.2 closing", TemporaryFailure, "message refused: 421 4.3.2"),
]


@pytest.mark.parametrize(("command", "answer", "failure", "words"), REFUSALS)
def test_a_refusal_is_worth_another_try_or_final(
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
