"""Whether the mail server of the settings can be used, tried before a mail depends on it."""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import suppress
from email.utils import parseaddr

from flask import current_app

from portal.integrations import smtp

_TIMEOUT = 5.0  # seconds for each step

_NO_STARTTLS = "it offers no STARTTLS: use another port, or MAIL_USE_SSL where it speaks TLS at once"
_NO_LOGIN = "it offers no login: servers offer one only once the connection is encrypted, MAIL_USE_TLS or MAIL_USE_SSL"
_KNOWN: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, "no such host: correct MAIL_SERVER"),
    (ssl.SSLCertVerificationError, "its certificate is not good: use the name that it was made for"),
    (smtplib.SMTPAuthenticationError, "it refuses the login: correct MAIL_USERNAME and MAIL_PASSWORD"),
    (ConnectionRefusedError, "nothing listens there: correct MAIL_PORT"),
)


class Unusable(Exception):
    """Mail can't be sent; the words name the setting, and hold no secret."""


def probe(sender: str, timeout: float = _TIMEOUT) -> None:
    """Connect as for a mail of `sender`, encrypted and logged in as the settings ask, have the sender accepted, and
    leave without a mail. Needs an application context. Raises Unusable; takes a few times `timeout` seconds at most."""
    mail = current_app.extensions["mail"]
    where = f"MAIL_SERVER {mail.server}, MAIL_PORT {mail.port}"
    envelope_sender = parseaddr(sender)[1]
    try:
        host = smtp.connect(envelope_sender, timeout)
    except (OSError, smtplib.SMTPException) as error:
        raise Unusable(f"{where}: {_words(error, timeout)}") from error
    with host:
        try:
            code, _answer = host.mail(envelope_sender)
        except (OSError, smtplib.SMTPException) as error:
            raise Unusable(f"{where}: it went away in the conversation ({type(error).__name__})") from error
        if code == 530:  # RFC 3207, RFC 4954
            raise Unusable(f"{where}: it asks for encryption or a login first: MAIL_USE_TLS, MAIL_USERNAME")
        if code >= 300:
            raise Unusable(f"{where}: it refuses the address of MAIL_DEFAULT_SENDER ({code})")
        with suppress(OSError, smtplib.SMTPException):
            host.rset()


def _words(error: Exception, timeout: float) -> str:
    """What failed, and what to do."""
    mail = current_app.extensions["mail"]
    for kind, words in _KNOWN:
        if isinstance(error, kind):
            return words
    if isinstance(error, ssl.SSLError) and mail.use_ssl:
        return "it does not speak TLS at once: use MAIL_USE_TLS (STARTTLS), or the port that does, 465"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _NO_STARTTLS if "STARTTLS" in str(error) else _NO_LOGIN
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
        return f"it refuses us ({error.smtp_code})"
    if not mail.use_ssl and _speaks_tls(mail.server, mail.port, timeout):
        return "it speaks TLS at once: use MAIL_USE_SSL, without MAIL_USE_TLS"
    return f"no answer as from a mail server ({type(error).__name__})"


def _speaks_tls(server: str, port: int, timeout: float) -> bool:
    """Whether TLS is what the port waits for, whoever its certificate names."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is said to it
    try:
        with (
            socket.create_connection((server, port), timeout) as plain,
            context.wrap_socket(plain, server_hostname=server),
        ):
            return True
    except OSError:
        return False
