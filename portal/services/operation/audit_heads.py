"""Where the audit ends, told outside the house every hour: who writes to the database can't reach what was told.

`flask verify-audit --head NUMBER:HASH` compares what was told with what is there.
"""

import os
from urllib.parse import urlsplit
from urllib.request import url2pathname

import httpx
import structlog

from portal.domain import clock
from portal.integrations import mail_message, smtp
from portal.models.transaction import end_reading
from portal.services.platform import audit
from portal.settings import current_settings

log = structlog.get_logger(__name__)

_SECONDS = 10.0


def tell() -> None:
    """Send the last row's number and hash to AUDIT_HEADS_TO; nothing without one. Raises OSError, httpx.HTTPError or
    smtp's failures when it can't be told; the next round tells a later one."""
    to = current_settings().audit_heads_to
    number, its_hash = audit.last()
    end_reading()
    if not to or not number:
        return
    line = f"{clock.now().isoformat(timespec='seconds')} {number}:{its_hash}"
    place = urlsplit(to)
    if place.scheme == "mailto":
        _mail(place.path, line)
    elif place.scheme == "file":
        _append(url2pathname(place.path), line)
    else:
        httpx.post(to, content=line, timeout=_SECONDS, trust_env=False).raise_for_status()
    log.info("audit_head_told", number=number)


def _append(path: str, line: str) -> None:
    # Only ever longer: a file that may be appended to and not changed will do (chattr +a).
    with open(path, "a", encoding="ascii") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


def _mail(recipient: str, line: str) -> None:
    settings, head = current_settings(), line.rpartition(" ")[2]
    host = urlsplit(settings.base_url).hostname
    raw = mail_message.compose(
        message_id=f"<audit.{head.replace(':', '.')}@{host}>",
        date=clock.now(),
        subject=f"Fin de la auditoría de {host}",
        sender=settings.mail_default_sender,
        recipient=recipient,
        text=f"Guarde este correo: prueba la auditoría.\n\nflask --app wsgi verify-audit --head {head}\n\n{line}\n",
    )
    smtp.deliver(raw, settings.mail_default_sender, recipient)
