"""A mail leaves only by a server that proves itself and takes our login, where that is asked for."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, Envelope, Session
from flask import Flask

from portal.integrations.mail_message import compose
from portal.integrations.smtp import TemporaryFailure, deliver
from sandbox.harness import RunningMailbox
from sandbox.mailbox import smtp_server
from tests.integrations.sample_mail import MAIL, RECIPIENT, SENDER, configure


class Keeping:
    """An SMTP server that keeps what it accepts, and who logged in."""

    def __init__(self) -> None:
        self.accepted: list[tuple[bytes | None, bool]] = []

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        encrypted = session.ssl is not None
        self.accepted.append((session.auth_data.login if session.auth_data else None, encrypted))
        return "250 kept"


def anybody(_server: Any, _session: Any, _envelope: Any, _mechanism: str, credentials: Any) -> AuthResult:
    return AuthResult(success=credentials.password == b"secret", auth_data=credentials)


def test_starttls_and_login_come_before_the_mail(app: Flask, certificate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    kept = Keeping()
    options = {"tls_context": certificate.of_server(), "require_starttls": True, "authenticator": anybody}
    with smtp_server(kept, auth_required=True, **options) as port:
        configure(app, port, MAIL_USE_TLS=True, MAIL_USERNAME="portal", MAIL_PASSWORD="secret")
        deliver(compose(**MAIL), SENDER, RECIPIENT)
        configure(app, port, MAIL_USE_TLS=True, MAIL_USERNAME="portal", MAIL_PASSWORD="wrong")
        with pytest.raises(TemporaryFailure, match="connection"):
            deliver(compose(**MAIL), SENDER, RECIPIENT)
    assert kept.accepted == [(b"portal", True)]


@pytest.mark.parametrize("trusted", [True, False])
def test_a_server_has_to_prove_itself(
    app: Flask, certificate: Any, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    kept = Keeping()
    expected = nullcontext() if trusted else pytest.raises(TemporaryFailure, match="SSLCertVerificationError")
    with smtp_server(kept, wrapped=certificate.of_server()) as port, expected:
        configure(app, port, MAIL_USE_SSL=True)
        deliver(compose(**MAIL), SENDER, RECIPIENT)
    with smtp_server(kept, tls_context=certificate.of_server()) as port, expected:
        configure(app, port, MAIL_USE_SSL=False, MAIL_USE_TLS=True)
        deliver(compose(**MAIL), SENDER, RECIPIENT)
    assert len(kept.accepted) == (2 if trusted else 0)


def test_a_mail_is_not_sent_in_the_open_when_tls_is_asked_for(app: Flask, mailbox: RunningMailbox) -> None:
    configure(app, mailbox.smtp_port, MAIL_USE_TLS=True)
    with pytest.raises(TemporaryFailure):
        deliver(compose(**MAIL), SENDER, RECIPIENT)
    assert mailbox.store.mails() == []


def test_a_login_that_the_server_does_not_offer_does_not_condemn_the_mail(app: Flask, mailbox: RunningMailbox) -> None:
    configure(app, mailbox.smtp_port, MAIL_USERNAME="portal", MAIL_PASSWORD="secret")
    with pytest.raises(TemporaryFailure):
        deliver(compose(**MAIL), SENDER, RECIPIENT)
    assert mailbox.store.mails() == []
