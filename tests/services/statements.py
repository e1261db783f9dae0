"""What a use case asks of the database, for tests of equal work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import event

from portal.domain.errors import DomainError
from portal.extensions import db


def statements_of(app: Flask, use_case: Callable[..., Any], *args: Any, **named: Any) -> tuple[list[str], str | None]:
    """The first words of each statement, in order, and the words that the person reads when it is refused."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(" ".join(statement.split()[:3]))

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            use_case(*args, **named)
            words = None
        except DomainError as error:
            words = error.message
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
    return asked, words
