"""Who walks the pages: a customer, with htmx and without; and what they were mailed last."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Message
from tests.client import PageClient
from tests.factories import Factories, Someone


@pytest.fixture(autouse=True)
def _quick_pdfs(quick_pdfs: None) -> None: ...


@pytest.fixture
def someone(make: Factories) -> Someone:
    """A customer."""
    return make.customer()


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def visitor(request: pytest.FixtureRequest, app: Flask, someone: Someone) -> PageClient:
    """Their browser, in both worlds."""
    return PageClient(app, htmx=request.param).sign_in(someone)


@pytest.fixture
def last(app: Flask) -> Callable[[str], int]:
    """The id of the newest message of a kind: `last("policy")`."""

    def last(kind: str) -> int:
        with app.app_context():
            return db.session.scalars(
                select(Message.id).where(Message.kind == kind).order_by(Message.id.desc()).limit(1)
            ).one()

    return last
