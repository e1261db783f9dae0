"""A mail with all that a mail can have, and the least application that can send it."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import flask_mail
from flask import Flask

from portal.integrations.mail_message import Attachment

SENDER, RECIPIENT = "MASSIV Perú <avisos@massiv.example>", "juana.mamani@example.com"
PDF = Attachment("Póliza N° 000123 de Ñusta.pdf", "application/pdf", b"%PDF-1.7\r\n.\r\n" + bytes(range(256)))
MAIL: dict[str, Any] = {
    "message_id": "<poliza-1@massiv.example>",
    "date": datetime(2026, 5, 19, 15, 0, tzinfo=UTC),
    "subject": "Su póliza de Muerte Accidental está lista: ésta es la número 000123 y aquí la tiene completa",
    "sender": SENDER,
    "reply_to": "ayuda@massiv.example",
    "recipient": RECIPIENT,
    "text": "Señora Juana:\n.\nSu póliza está lista.\nFrom aquí\n" + "ñ" * 2000,
    "html": "<!doctype html><p>Su póliza está <b>lista</b>." + "x" * 5000,
    "attachments": [PDF, Attachment("condiciones.pdf", "application/pdf", b"%PDF-")],
}


def configure(app: Flask, port: int = 25, **settings: Any) -> None:
    app.config.update({"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port} | settings)
    flask_mail.Mail(app)


def read(raw: bytes) -> Any:
    return message_from_bytes(raw, policy=policy.default)
