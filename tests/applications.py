"""The portal's settings over the servers of tests, and an application of a test's own beside that of the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from portal.extensions import db, limiter, mail, queue
from sandbox import certificate
from sandbox.harness import RunningBank

SIGNING_PASSWORD = "only for tests"


def settings(data: Path, database_url: str, redis_url: str, bank: RunningBank, smtp_port: int) -> dict[str, str]:
    """For this process or another; `data` is the folder of files."""
    return {
        "PORTAL_DATA": str(data),
        "SECRET_KEY": "only for tests, and long enough for them",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "BANK_URL": bank.url,
        "BANK_API_KEY": bank.api_key,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(smtp_port),
        "SIGNING_CERTIFICATE": str(signing_certificate(data)),
        "SIGNING_PASSWORD": SIGNING_PASSWORD,
        "MAIL_DEFAULT_SENDER": "MASSIV Seguros <no-responder@massiv.example>",
    }


def signing_certificate(folder: Path) -> Path:
    """The one that signs the documents of these tests, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "signing.p12"
    file.write_bytes(_certificate())
    return file


@cache
def _certificate() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "signing.p12"
        certificate.make(file, SIGNING_PASSWORD)
        return file.read_bytes()


@contextmanager
def extensions_kept() -> Iterator[None]:
    """An application binds the extensions, which a process has once, to its servers; other tests want theirs back."""
    kept = [(one, dict(vars(one))) for one in (limiter, mail, queue)]
    yield
    for one, state in kept:
        vars(one).update(state)


def close(app: Flask) -> None:
    """End its connections to the database."""
    with app.app_context():
        db.engine.dispose()
