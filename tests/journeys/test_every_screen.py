"""Every page of the portal as whoever may see it finds it: axe, width, and nothing cut off, on a phone.

Screens that follow a mistake or a wait: test_accessibility.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.serving import make_server

from portal.web.access import Who, rule_of
from tests.client import PageClient
from tests.factories import Factories
from tests.guards.endpoints import World, build, rules, visit
from tests.journeys.conftest import Visitors
from tests.pages.checks import is_stored_mail
from tests.pages.inspection import problems
from tests.pages.visitor import Visitor

_STYLES = re.compile(rb'class="([^"]*)"')
VISITORS = {
    "anonymous": {Who.ANYONE},
    "first login": {Who.CHANGING_PASSWORD},
    "owner": {Who.SIGNED_IN, Who.CUSTOMER},
    "supervisor": {Who.STAFF, Who.SUPERVISOR, Who.SECOND_STEP},
}


@pytest.fixture(autouse=True)
def rings_its_own_workers() -> None:
    """There are none: what they do is done before the pages are looked at."""


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.mark.one_database
@pytest.mark.parametrize("name", VISITORS)
def test_every_screen(
    name: str, app: Flask, make: Factories, drain: Callable[[], int], url: str, visitors: Visitors
) -> None:
    world = build(app, make)
    drain()
    client, visitor = visit(app, world, name), visitors(url)
    found, seen = [], 0
    for path in _pages(app, world, name, client):
        _carry(client, visitor, url)
        visitor.go(path)
        found += [f"{path} {line}" for line in problems(visitor)]
        seen += 1
    assert not found, "\n".join(found)
    assert seen


def _pages(app: Flask, world: World, name: str, client: PageClient) -> Iterator[str]:
    """The addresses that answer this visitor with a page; of those that an endpoint draws alike, the first."""
    drawn = set()
    for rule in rules(app, "GET"):
        if rule_of(app, rule.endpoint) in VISITORS[name] and not _is_apart(rule):
            for path in world.addresses(app, rule):
                answer = client.raw.get(path)
                looks = (rule.endpoint, frozenset(_STYLES.findall(answer.data)))
                is_page = answer.status_code == 200 and b"<html" in answer.data and not is_stored_mail(path, answer)
                if is_page and looks not in drawn:
                    drawn.add(looks)
                    yield path


def _is_apart(rule: Rule) -> bool:
    """A library's own pages, and the way out."""
    return rule.endpoint.startswith("rq_dashboard") or rule.endpoint == "auth.logout"


def _carry(client: PageClient, visitor: Visitor, url: str) -> None:
    cookies = client.raw._cookies or {}
    visitor.page.context.add_cookies([{"name": one.key, "value": one.value, "url": url} for one in cookies.values()])
