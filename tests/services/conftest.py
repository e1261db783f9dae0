"""What tests of services ask for besides tests/conftest.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.extensions import db


@pytest.fixture
def call(app: Flask) -> Callable[..., Any]:
    """Calls a use case as a request or a job would, in an application context of its own: `call(accept, request)`."""

    def call(use_case: Callable[..., Any], *args: Any, **named: Any) -> Any:
        with app.app_context():
            return use_case(*args, **named)

    return call


@pytest.fixture
def rows(app: Flask) -> Callable[[Any], list[Any]]:
    """What the database holds now: `rows(select(Quote))`."""

    def rows(statement: Any) -> list[Any]:
        with app.app_context():
            return list(db.session.scalars(statement).unique())

    return rows
