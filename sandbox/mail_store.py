"""Caught mails as `.eml` files, which any mail program opens and which survive a restart.

A file is the message as it came, behind the two lines a delivery agent writes: Return-Path and Delivered-To.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from typing import Any

_ID = re.compile(r"[0-9]{19}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Attached:
    """A file of a mail."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True)
class Mail:
    """A caught mail: its envelope, and the bytes as they were received."""

    id: str
    envelope_from: str
    envelope_to: list[str]
    raw: bytes

    @property
    def received(self) -> datetime:
        return datetime.fromtimestamp(int(self.id.partition("-")[0]) / 1e9, UTC)

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    def header(self, name: str) -> str:
        return str(self.message[name] or "")

    def body(self, kind: str) -> str | None:
        """The `plain` or `html` part as text, None when there is none."""
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else None

    def attachments(self) -> list[Attached]:
        return [
            Attached(part.get_filename() or "adjunto", part.get_content_type(), _content(part))
            for part in self.message.walk()
            if part.get_content_disposition() == "attachment"
        ]

    def summary(self) -> dict[str, Any]:
        """What a list shows and what tests ask for."""
        return {
            "id": self.id,
            "received": self.received.isoformat(),
            "envelope_from": self.envelope_from,
            "envelope_to": self.envelope_to,
            "from": self.header("From"),
            "to": self.header("To"),
            "subject": self.header("Subject"),
            "message_id": self.header("Message-ID"),
            "size": len(self.raw),
            "sha256": hashlib.sha256(self.raw).hexdigest(),
            "attachments": [attached.name for attached in self.attachments()],
        }


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return (
        content if isinstance(content, bytes) else part.as_bytes()
    )  # a whole mail as attachment has no bytes of its own


class MailStore:
    """A folder of mails; several threads may write and read it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.summary = lru_cache(maxsize=1000)(self._summary)

    def add(self, envelope_from: str, envelope_to: Sequence[str], raw: bytes) -> str:
        """Store a mail on disk and return its id; ids sort by time of arrival."""
        mail_id = f"{time.time_ns()}-{secrets.token_hex(4)}"
        head = f"Return-Path: <{envelope_from}>\r\nDelivered-To: {', '.join(envelope_to)}\r\n"
        unfinished = self._folder / f"{mail_id}.part"
        with unfinished.open("wb") as file:
            file.write(head.encode() + raw)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(self._folder / f"{mail_id}.eml")
        return mail_id

    def ids(self) -> list[str]:
        """Newest first."""
        return sorted((path.stem for path in self._folder.glob("*.eml")), reverse=True)

    def mails(self) -> list[Mail]:
        """Newest first."""
        return [mail for mail in map(self.get, self.ids()) if mail is not None]

    def get(self, mail_id: str) -> Mail | None:
        path = self._folder / f"{mail_id}.eml"
        if not _ID.fullmatch(mail_id) or not path.exists():
            return None
        return_path, delivered_to, raw = path.read_bytes().split(b"\r\n", 2)
        sender = return_path.decode().removeprefix("Return-Path: ").strip("<>")
        return Mail(mail_id, sender, delivered_to.decode().removeprefix("Delivered-To: ").split(", "), raw)

    def _summary(self, mail_id: str) -> dict[str, Any] | None:
        mail = self.get(mail_id)
        return mail.summary() if mail else None
