"""Whether what the portal stands on can be used: each part tried for real, in the order in which one causes another's
trouble."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from redis.exceptions import AuthenticationError, RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.domain.signature import SignatureLevel
from portal.extensions import db, queue
from portal.integrations import smtp_probe
from portal.integrations.bank import BankUnavailable
from portal.integrations.pdf import PdfError, render_pdf
from portal.integrations.storage import new_key
from portal.integrations.stores import store_of
from portal.models.transaction import end_reading
from portal.services.documents import signing
from portal.services.operation import readiness, schema
from portal.services.payments.bank import bank
from portal.settings import current_settings


class Unusable(Exception):
    """The words say what failed, by the name of its setting, and what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """How a part stands; `trouble` None when it can be used."""

    part: str
    trouble: str | None


def look() -> Iterator[Found]:
    """Each part in turn, as soon as it is known; none takes longer than half a minute. What stands on a part that
    failed is not tried."""
    failed: set[str] = set()
    for part, check, stands_on in _PARTS:
        if stands_on in failed:
            failed.add(part)
            continue
        trouble = _trouble(check)
        if trouble is not None:
            failed.add(part)
        yield Found(part, trouble)


def why(error: Exception) -> str:
    """What a database or a system says of a failure, on one line. Neither holds a password."""
    said = str(error.orig) if isinstance(error, DBAPIError) else (getattr(error, "strerror", None) or str(error))
    return next(iter(said.strip().splitlines()), "") or type(error).__name__


def _trouble(check: Callable[[], object]) -> str | None:
    try:
        check()
    except (Unusable, smtp_probe.Unusable) as found:
        return str(found)
    except Exception as error:
        # Whatever else it is, the other parts are still to be tried, and the kind of it helps who looks for the cause.
        return f"it failed in a way of its own ({type(error).__name__})"
    finally:
        end_reading()
    return None


def _database() -> None:
    try:
        db.session.execute(text("SELECT 1"))
    except DBAPIError as error:
        raise Unusable(f"DATABASE_URL: {why(error)}: start the database, or correct the address") from error


def _schema() -> None:
    try:
        is_current = schema.is_current()
    except DBAPIError as error:
        raise Unusable("the database has no tables: flask --app wsgi db upgrade, then seed") from error
    if not is_current:
        raise Unusable("the database has an older schema: flask --app wsgi db upgrade")
    try:
        readiness.trouble_of_a_write()
    except DBAPIError as error:
        raise Unusable(f"the database takes no write: {why(error)}") from error


def _redis() -> None:
    connection: Any = queue.redis
    try:
        connection.ping()
    except AuthenticationError as error:
        raise Unusable("REDIS_URL: its password or user is not accepted") from error
    except RedisError as error:
        raise Unusable(f"REDIS_URL: {why(error)}: start Redis, or correct the address") from error


def _storage() -> None:
    settings = current_settings()
    if settings.is_stored_elsewhere:
        try:
            store_of(settings).has(new_key(".txt"))
        except OSError as error:
            raise Unusable(f"STORAGE_URL: {error}") from error
        return
    folder = settings.storage_folder
    probe = folder / f".check-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"written to see whether it can be")
        probe.unlink()
    except OSError as error:
        raise Unusable(f"STORAGE_URL, {folder}: {why(error)}: give it to the portal's user") from error
    if trouble := readiness.trouble_of_room():
        raise Unusable(f"STORAGE_URL, {folder}: {trouble}")


def _engine() -> None:
    try:
        render_pdf("<p>Prueba</p>", title="Prueba", number="0", footer="Prueba")
    except PdfError as error:
        raise Unusable(str(error)) from error


def _signing() -> None:
    if trouble := signing.trouble():
        raise Unusable(trouble)
    pdf = render_pdf("<p>Prueba</p>", title="Prueba", number="0", footer="Prueba")
    is_stamped = signing.level(signing.signed(pdf, signing.signer())) is SignatureLevel.B_T
    if current_settings().timestamp_url and not is_stamped:
        raise Unusable("TIMESTAMP_URL: it gives no time stamp: correct the address; signatures go without meanwhile")


def _bank() -> None:
    settings = current_settings()
    try:
        bank().banks()
    except BankUnavailable as error:
        asked = f"BANK_URL: {settings.bank_url}/v1/banks"
        if error.status in (401, 403):
            raise Unusable(f"BANK_API_KEY: the bank refuses it ({error.status})") from error
        if error.status is not None:
            raise Unusable(f"{asked} is no list of banks ({error.status}): correct the address") from error
        raise Unusable(f"{asked} does not answer: correct the address, or call the bank") from error


def _mail() -> None:
    smtp_probe.probe(current_settings().mail_default_sender)


#: Name, check, and the part without which it can't be told.
_PARTS: tuple[tuple[str, Callable[[], None], str | None], ...] = (
    ("database", _database, None),
    ("schema", _schema, "database"),
    ("redis", _redis, None),
    ("storage", _storage, None),
    ("pdf engine", _engine, None),
    ("signing", _signing, "pdf engine"),
    ("bank", _bank, None),
    ("mail", _mail, None),
)
