"""Mail: composed by Flask-Mail into bytes that never change, delivered by SMTP that does not wait for ever.

A message is composed once and stored; each try sends the stored bytes under the same Message-ID, so a repeated delivery
can be recognised as one.
"""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import charset
from email.message import Message as Part
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, parseaddr

import flask_mail
from flask import current_app

#: Seconds for each step of the conversation. The job that delivers has a limit of its own for the whole of it.
TIMEOUT = 10.0

_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+>")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@]+@[^\s<>()\[\],;:\\\"@]+")
_ENHANCED_CODE = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")  # RFC 3463
_CONTENT_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")

#: No out-of-office answers to a machine (RFC 3834; the second is Exchange's own).
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


class TemporaryFailure(Exception):
    """Not accepted, worth another try: connection, timeout, 4xx, or a server that refuses us rather than the mail."""


class Refused(Exception):
    """Refused for good: the address or the message itself."""


@dataclass(frozen=True)
class Attachment:
    """A file of a mail."""

    filename: str
    content_type: str
    data: bytes


def compose(
    *,
    message_id: str,
    date: datetime,
    subject: str,
    sender: str,
    recipient: str,
    text: str,
    html: str | None = None,
    reply_to: str | None = None,
    request_id: str | None = None,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """The whole message; equal arguments give equal bytes. Needs an application context.

    `message_id` with its angle brackets, `date` aware, `sender` and `reply_to` as `Name <address>` or an address,
    `recipient` one bare address, `request_id` for the header X-Request-ID. Raises `ValueError` for what could break out
    of its header.
    """
    _check_headers(
        message_id, subject, sender, reply_to or "", request_id or "", recipient, *(a.filename for a in attachments)
    )
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("not a Message-ID")
    if not _ADDRESS.fullmatch(recipient):
        raise ValueError("not one mail address")
    message = _StoredMessage(
        subject=subject,
        sender=sender,
        recipients=[recipient],
        reply_to=reply_to,
        body=text,
        html=html,
        attachments=[_attached(attachment) for attachment in attachments],
        extra_headers=_AUTOMATIC | ({"X-Request-ID": request_id} if request_id else {}),
    )
    message.msgId = message_id
    message.moment = date
    return message.as_bytes()


def deliver(raw: bytes, sender: str, recipient: str, timeout: float = TIMEOUT) -> None:
    """Hand a composed message to the SMTP server of the configuration. Needs an application context.

    Raises `TemporaryFailure` or `Refused`; their words name neither address nor content. Once the server has
    accepted the message nothing that follows is a failure.
    """
    envelope_sender = parseaddr(sender)[1]
    try:
        host = _BoundedConnection(envelope_sender, timeout).configure_host()
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryFailure(_words("connection", error)) from error
    try:
        _hand_over(host, raw, envelope_sender, recipient)
        _leave(host)
    finally:
        host.close()


def _hand_over(host: smtplib.SMTP, raw: bytes, sender: str, recipient: str) -> None:
    try:
        host.sendmail(sender, [_on_the_wire(recipient)], raw)
    except smtplib.SMTPRecipientsRefused as error:
        (answer,) = error.recipients.values()
        raise _failure("recipient", *answer) from error
    except smtplib.SMTPSenderRefused as error:
        raise _failure("sender", error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPResponseException as error:
        raise _failure("message", error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
        raise Refused("address not supported") from error
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryFailure(_words("conversation", error)) from error


def _on_the_wire(address: str) -> str:
    """The address with its domain in ASCII, as the name servers know it."""
    name, at, domain = address.rpartition("@")
    return name + at + domain.encode("idna").decode()


def _leave(host: smtplib.SMTP) -> None:
    # The message was accepted; sending it again because of a lost farewell would double it.
    with suppress(OSError, smtplib.SMTPException):
        host.quit()


def _failure(what: str, code: int, answer: bytes | str) -> TemporaryFailure | Refused:
    kind = Refused if 500 <= code < 600 else TemporaryFailure
    # Of the answer's text only the code that says more (a full mailbox): the rest may name people.
    text = answer if isinstance(answer, str) else answer.decode("ascii", "replace")
    enhanced = _ENHANCED_CODE.match(text)
    return kind(f"{what} refused: {code}{' ' + enhanced[0] if enhanced else ''}")


def _words(where: str, error: Exception) -> str:
    code = f": {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
    return f"{where}: {type(error).__name__}{code}"


class _BoundedConnection(flask_mail.Connection):
    """Flask-Mail's connection with what it lacks: a timeout, and certificates that are checked."""

    def __init__(self, envelope_sender: str, timeout: float) -> None:
        super().__init__(current_app.extensions["mail"])
        self._timeout = timeout
        # Said in EHLO. The library would ask the name server for our own name and may wait long for it.
        self._name = envelope_sender.rpartition("@")[2]

    def configure_host(self) -> smtplib.SMTP:
        mail = self.mail
        if mail.use_ssl:
            secure = ssl.create_default_context()
            host: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.server, mail.port, self._name, timeout=self._timeout, context=secure
            )
        else:
            host = smtplib.SMTP(mail.server, mail.port, self._name, timeout=self._timeout)
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


class _StoredMessage(flask_mail.Message):
    """Flask-Mail's message without chance in it: date, boundaries and encodings follow from its content."""

    moment: datetime

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        """Quoted-printable: no line is too long for SMTP, and servers without 8BITMIME take it."""
        utf8 = charset.Charset("utf-8")
        utf8.body_encoding = charset.QP
        lines = (text or "").replace("\r\n", "\n").replace("\r", "\n")
        return MIMEText(lines, subtype, utf8)  # type: ignore[arg-type]  # a Charset is taken too

    def _message(self) -> MIMEBase:
        message = super()._message()
        message.replace_header("Date", format_datetime(self.moment.astimezone(UTC)))
        # Neither base64 nor quoted-printable can hold "=_", so no content can end a part.
        seed = hashlib.sha256(self.msgId.encode()).hexdigest()[:24]
        multiparts = [part for part in message.walk() if isinstance(part, MIMEMultipart)]
        for number, part in enumerate(multiparts):
            part.set_boundary(f"=_{seed}_{number}")
        return message


def _attached(attachment: Attachment) -> flask_mail.Attachment:
    if not _CONTENT_TYPE.fullmatch(attachment.content_type):
        raise ValueError("not a content type")
    # Flask-Mail would call the file name's charset "UTF8", which is not its name.
    part = Part()
    name = attachment.filename
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    return flask_mail.Attachment(
        content_type=attachment.content_type,
        data=attachment.data,
        headers={"Content-Disposition": part["Content-Disposition"]},
    )


def _check_headers(*values: str) -> None:
    if not all(value.isprintable() for value in values):
        raise ValueError("a header holds a line break or a control character")
