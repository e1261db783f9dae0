"""The portal's settings over the servers of tests, and an application of a test's own beside that of the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from portal.extensions import db, limiter, mail, queue
from sandbox.harness import RunningBank


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
        "MAIL_DEFAULT_SENDER": "MASSIV Seguros <no-responder@massiv.example>",
    }


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
