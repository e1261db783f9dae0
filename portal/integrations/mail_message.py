"""A mail as bytes, composed by Flask-Mail: equal arguments give equal bytes, so that another try sends what the first
one did."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import charset
from email.message import Message as Part
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime

import flask_mail

_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+>")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@]+@[^\s<>()\[\],;:\\\"@]+")
_CONTENT_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")

#: No out-of-office answers to a machine (RFC 3834; the second is Exchange's own).
_AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


@dataclass(frozen=True)
class Attachment:
    """A file of a mail."""

    filename: str
    content_type: str
    data: bytes


def compose(
    *,
    message_id: str,
    first_message_id: str | None = None,
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

    `message_id` with its angle brackets; of a message that is sent anew also the one that it began with: its body stays
    the same bytes.  `date` aware, `sender` and `reply_to` as `Name <address>` or an address,
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
    message.seed = first_message_id or message_id
    message.moment = date
    return message.as_bytes()


class _StoredMessage(flask_mail.Message):
    """Flask-Mail's message without chance in it: date, boundaries and encodings follow from its content."""

    moment: datetime
    seed: str

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
        seed = hashlib.sha256(self.seed.encode()).hexdigest()[:24]
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
