"""What takes seconds to make, made once for several tests: its rows in SQLite and in the bank's books, and its files,
are brought back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask

from portal.domain import clock
from portal.extensions import db

Made = TypeVar("Made")

#: What was mailed or opened is still good for a test that begins now.
_FRESH = timedelta(minutes=4)


@dataclass(frozen=True)
class _Copy:
    made: Any
    at: datetime
    day: object  # in Lima
    pages: list[sqlite3.Connection]  # of each database
    files: dict[Path, bytes]


_copies: dict[str, _Copy] = {}


def copied(app: Flask, make: Callable[[], Made]) -> Made:
    """What `make` gives, whose rows are all there are; for a database that is no file, or when it is some minutes old
    or of yesterday, it is made anew."""
    databases = _databases(app)
    if databases is None:
        return make()
    name = f"{make.__module__}.{make.__qualname__} {databases[0]}"
    kept = _copies.get(name)
    if kept is None or kept.day != clock.today() or datetime.now(UTC) - kept.at > _FRESH:
        folder: Path = app.config["PORTAL"].storage_folder
        before = {*folder.rglob("*")}
        made, at = make(), datetime.now(UTC)
        files = {path: path.read_bytes() for path in {*folder.rglob("*")} - before if path.is_file()}
        kept = _copies[name] = _Copy(made, at, clock.today(), [_read(one) for one in databases], files)
        return made
    for database, pages in zip(databases, kept.pages, strict=True):
        with closing(sqlite3.connect(database)) as there:
            pages.backup(there)
    for path, content in kept.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    again: Made = kept.made
    return again


def _databases(app: Flask) -> list[Path] | None:
    with app.app_context():
        url = db.engine.url
    if url.get_backend_name() != "sqlite":
        return None
    file = Path(str(url.database))
    return [file, file.with_name("bank.sqlite")]


def _read(database: Path) -> sqlite3.Connection:
    pages = sqlite3.connect(":memory:")
    with closing(sqlite3.connect(database)) as there:
        there.backup(pages)
    return pages
