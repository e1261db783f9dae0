"""What PostgreSQL does for each query of a piece of work: its plan, where it is more than a look into an index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import event, text

from portal.extensions import db

_NOT_QUERIES = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT", "INSERT")  # a row is added once
_LARGE = 10_000  # rows of a table that no page may read from one end to the other
_SEQUENTIAL = re.compile(r"Seq Scan on (\w+)")
_BUFFERS = re.compile(r"Buffers: shared ([^\n]*)")
_MANY_BUFFERS = 400  # pages of 8 KB that a query of one page of the portal may touch


@dataclass(frozen=True)
class Plan:
    statement: str
    lines: str
    buffers: int
    sequential: frozenset[str]

    @property
    def is_lookup(self) -> bool:
        """Whether it reads no large table from end to end, and little of any."""
        return not self.sequential and self.buffers <= _MANY_BUFFERS


def plans(app: Flask, work: Callable[[], object]) -> list[Plan]:
    """The plan of each query that `work` asks, run again and rolled back."""
    with _asked(app) as asked:
        work()
    with app.app_context(), db.engine.connect() as connection:
        large = set(
            connection.scalars(text(f"SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > {_LARGE}"))
        )
        found = []
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters).scalars()
            lines = "\n".join(rows)
            connection.rollback()
            touched = _BUFFERS.search(lines)
            buffers = sum(int(one) for one in re.findall(r"(?:hit|read)=(\d+)", touched[1])) if touched else 0
            found.append(Plan(statement, lines, buffers, frozenset(_SEQUENTIAL.findall(lines)) & large))
    return found


@contextmanager
def _asked(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if not statement.startswith(_NOT_QUERIES):
            found.append((statement, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)
