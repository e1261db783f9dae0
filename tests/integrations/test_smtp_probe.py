"""A mail server that can't be used is told of before a mail is missed, by the setting to correct."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, Envelope, Session
from flask import Flask

from portal.integrations.smtp_probe import Unusable, probe
from sandbox.harness import RunningMailbox
from sandbox.mailbox import smtp_server
from tests.integrations.sample_mail import SENDER, configure

LOGIN = {"MAIL_USERNAME": "portal", "MAIL_PASSWORD": "s3cret-w0rd"}


class Quiet:
    """An SMTP server that refuses the sender, when told so."""

    def __init__(self, to_mail: str = "250 OK") -> None:
        self.to_mail = to_mail
        self.mails = 0

    async def handle_MAIL(self, _server: Any, _session: Session, envelope: Envelope, address: str, _o: Any) -> str:  # noqa: N802  aiosmtpd's name
        envelope.mail_from = address
        return self.to_mail

    async def handle_DATA(self, _server: Any, _session: Session, _envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        self.mails += 1
        return "250 OK"


def by_password(_server: Any, _session: Any, _envelope: Any, _mechanism: str, credentials: Any) -> AuthResult:
    is_right = credentials.password == LOGIN["MAIL_PASSWORD"].encode()
    return AuthResult(success=is_right, handled=False, auth_data=credentials)


@pytest.fixture
def trusted(certificate: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    return certificate.of_server()


def refused(**patience: float) -> str:
    with pytest.raises(Unusable) as unusable:
        probe(SENDER, **(patience or {"timeout": 5}))
    words = str(unusable.value)
    assert words.startswith("MAIL_SERVER ")
    assert LOGIN["MAIL_PASSWORD"] not in words
    return words


def test_a_server_that_can_be_used_is_asked_and_sent_nothing(app: Flask, trusted: Any) -> None:
    server = Quiet()
    with smtp_server(server) as port:
        configure(app, port)
        probe(SENDER)
    options = {"tls_context": trusted, "require_starttls": True, "authenticator": by_password, "auth_required": True}
    with smtp_server(server, **options) as port:
        configure(app, port, MAIL_USE_TLS=True, **LOGIN)
        probe(SENDER)
    assert server.mails == 0


def test_tls_at_once_is_used_where_it_is_set(app: Flask, trusted: Any) -> None:
    with smtp_server(Quiet(), wrapped=trusted) as port:
        configure(app, port, MAIL_USE_SSL=True)
        probe(SENDER)


def test_a_host_that_is_nowhere_is_told(app: Flask) -> None:
    configure(app, MAIL_SERVER="smtp.invalid")
    assert "no such host: correct MAIL_SERVER" in refused()


def test_a_port_where_nothing_listens_is_told(app: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        configure(app, free.getsockname()[1])
    assert "nothing listens there: correct MAIL_PORT" in refused()


@pytest.mark.parametrize("starttls", [False, True])
def test_a_port_that_speaks_tls_at_once_is_told(app: Flask, trusted: Any, starttls: bool) -> None:
    with smtp_server(Quiet(), wrapped=trusted) as port:
        configure(app, port, MAIL_USE_TLS=starttls)
        assert "it speaks TLS at once: use MAIL_USE_SSL" in refused(timeout=0.5)


def test_a_port_that_does_not_speak_tls_at_once_is_told(app: Flask, mailbox: RunningMailbox) -> None:
    configure(app, mailbox.smtp_port, MAIL_USE_SSL=True)
    assert "it does not speak TLS at once: use MAIL_USE_TLS" in refused()


def test_a_server_without_starttls_is_told(app: Flask, mailbox: RunningMailbox) -> None:
    configure(app, mailbox.smtp_port, MAIL_USE_TLS=True, **LOGIN)
    assert "it offers no STARTTLS" in refused()


def test_a_server_without_a_login_is_told(app: Flask, mailbox: RunningMailbox) -> None:
    configure(app, mailbox.smtp_port, **LOGIN)
    assert "it offers no login" in refused()


def test_a_refused_login_is_told(app: Flask, trusted: Any) -> None:
    with smtp_server(Quiet(), tls_context=trusted, require_starttls=True, authenticator=by_password) as port:
        configure(app, port, MAIL_USE_TLS=True, MAIL_USERNAME="portal", MAIL_PASSWORD="another")
        assert "it refuses the login: correct MAIL_USERNAME and MAIL_PASSWORD" in refused()


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_certificate_that_nobody_trusts_is_told(app: Flask, certificate: Any, wrapped: bool) -> None:
    secure = {"wrapped": certificate.of_server()} if wrapped else {"tls_context": certificate.of_server()}
    with smtp_server(Quiet(), **secure) as port:
        configure(app, port, MAIL_USE_SSL=wrapped, MAIL_USE_TLS=not wrapped)
        assert "its certificate is not good" in refused()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("553 5.7.1 Sender address rejected: not owned by user", "refuses the address of MAIL_DEFAULT_SENDER (553)"),
        ("530 5.7.0 Must issue a STARTTLS command first", "asks for encryption or a login first"),
    ],
)
def test_a_refused_sender_is_told(app: Flask, answer: str, words: str) -> None:
    with smtp_server(Quiet(answer)) as port:
        configure(app, port)
        assert words in refused()


@contextmanager
def saying(line: bytes) -> Iterator[int]:
    """A port that says one line to whoever comes, and then is silent."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(line)
                over.wait()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        over.set()
        thread.join()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"554 5.7.1 go away\r\n", "it refuses us (554)"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no answer as from a mail server"),
        (b"", "no answer as from a mail server"),
    ],
)
def test_what_is_no_mail_server_for_us_is_told_in_bounded_time(app: Flask, line: bytes, words: str) -> None:
    with saying(line) as port:
        configure(app, port)
        assert words in refused(timeout=0.5)
