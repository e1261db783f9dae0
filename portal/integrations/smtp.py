"""Mail delivered by SMTP that does not wait for ever, by a server that proves itself."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.utils import parseaddr

import flask_mail
from flask import current_app

from portal.domain.mail_refusal import enhanced_code, is_of_mailbox

#: Seconds for each step of the conversation. The job that delivers has a limit of its own for the whole of it.
TIMEOUT = 10.0


class TemporaryFailure(Exception):
    """Not accepted, worth another try: connection, timeout, 4xx, or a refusal that speaks of us rather than of the
    mailbox."""


class Refused(Exception):
    """Refused for good: the address has no mailbox that takes it."""


def deliver(raw: bytes, sender: str, recipient: str, timeout: float = TIMEOUT) -> None:
    """Hand a composed message to the SMTP server of the configuration. Needs an application context.

    Raises `TemporaryFailure` or `Refused`; their words name neither address nor content. Once the server has
    accepted the message nothing that follows is a failure.
    """
    envelope_sender, envelope_recipient = parseaddr(sender)[1], _on_the_wire(recipient)
    try:
        host = connect(envelope_sender, timeout)
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryFailure(_words("connection", error)) from error
    try:
        _hand_over(host, raw, envelope_sender, envelope_recipient)
        _leave(host)
    finally:
        host.close()


def connect(envelope_sender: str, timeout: float) -> smtplib.SMTP:
    """The server of the configuration, ready for mail: encrypted and logged in where that is asked for.

    Flask-Mail's own connection lacks a timeout, and certificates that are checked. Raises OSError, SMTPException.
    """
    mail: flask_mail.Mail = current_app.extensions["mail"]
    # Said in EHLO. The library would ask the name server for our own name and may wait long for it.
    name = envelope_sender.rpartition("@")[2]
    if mail.use_ssl:
        secure = ssl.create_default_context()
        host: smtplib.SMTP = smtplib.SMTP_SSL(mail.server, mail.port, name, timeout=timeout, context=secure)
    else:
        host = smtplib.SMTP(mail.server, mail.port, name, timeout=timeout)
    try:
        if mail.use_tls:
            host.starttls(context=ssl.create_default_context())
        if mail.username and mail.password:
            host.login(mail.username, mail.password)
        host.ehlo_or_helo_if_needed()  # here, so that a server which refuses us is not taken for refusing the mail
    except BaseException:
        host.close()
        raise
    return host


def _hand_over(host: smtplib.SMTP, raw: bytes, sender: str, recipient: str) -> None:
    try:
        host.sendmail(sender, [recipient], raw)
    except smtplib.SMTPRecipientsRefused as error:
        (answer,) = error.recipients.values()
        raise _failure("recipient", *answer) from error
    except smtplib.SMTPSenderRefused as error:
        raise _failure("sender", error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPResponseException as error:
        raise _failure("message", error.smtp_code, error.smtp_error) from error
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise TemporaryFailure(_words("conversation", error)) from error


def _on_the_wire(address: str) -> str:
    """The address with its domain in ASCII, as the name servers know it. Raises Refused for one that has no such
    form."""
    name, at, domain = address.rpartition("@")
    try:
        written = name + at + domain.encode("idna").decode()
        written.encode("ascii")
    except UnicodeError as error:
        raise Refused("address not supported") from error
    return written


def _leave(host: smtplib.SMTP) -> None:
    # The message was accepted; sending it again because of a lost farewell would double it.
    with suppress(OSError, smtplib.SMTPException):
        host.quit()


def _failure(stage: str, code: int, answer: bytes | str) -> TemporaryFailure | Refused:
    text = answer if isinstance(answer, str) else answer.decode("ascii", "replace")
    is_final = 500 <= code < 600 and is_of_mailbox(stage, code, text)
    # Of the answer's text only the code that says more (a full mailbox): the rest may name people.
    words = f"{code} {enhanced_code(text)}".rstrip()
    if is_final or code < 500 or enhanced_code(text) not in ("", "5.1.0"):
        return (Refused if is_final else TemporaryFailure)(f"{stage} refused: {words}")
    return TemporaryFailure(f"{stage} refused us: {words}")


def _words(where: str, error: Exception) -> str:
    code = f": {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
    return f"{where}: {type(error).__name__}{code}"
