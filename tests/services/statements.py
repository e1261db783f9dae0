"""What a use case asks of the database, for tests of equal work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from portal.domain.errors import DomainError
from tests.guards.queries import statements


def statements_of(app: Flask, use_case: Callable[..., Any], *args: Any, **named: Any) -> tuple[list[str], str]:
    """The first words of each statement, in order, and the words that the person reads when it is refused, or none."""
    words = ""
    with statements(app) as asked, app.app_context():
        try:
            use_case(*args, **named)
        except DomainError as error:
            words = error.message
    return [" ".join(statement.split()[:3]) for statement in asked], words
