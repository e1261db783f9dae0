"""Who walks the pages: a customer, with htmx and without."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.client import PageClient
from tests.factories import Factories, Someone


@pytest.fixture
def someone(make: Factories) -> Someone:
    """A customer."""
    return make.customer()


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def visitor(request: pytest.FixtureRequest, app: Flask, someone: Someone) -> PageClient:
    """Their browser, in both worlds."""
    return PageClient(app, htmx=request.param).sign_in(someone)
