"""Journeys: real Chromium against a real portal, started once and ended by its processes' own ids.

portal     a portal on SQLite
visitors   opens browsers: visitors(portal, width=360, has_script=False). Afterwards none may have met a fault
visitor    one of them, on a phone, with JavaScript
customer   somebody with an account, signed in as `visitor`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from portal.extensions import queue
from tests import servers
from tests.factories import Someone
from tests.journeys.stack import Portal, private_folder, running_portal
from tests.pages.account import Access
from tests.pages.visitor import SIZES, Visitor
from tests.processes import PATIENCE

PHONE, DESKTOP = SIZES
_CHROMIUM = "/usr/bin/chromium-headless-shell"  # without the windows of the other one, which took a fifth
_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Fewer processes to start: there is no graphics card, and a visitor needs one renderer.
    "--in-process-gpu",
    "--disable-software-rasterizer",
    "--renderer-process-limit=1",
]
_PATIENCE = PATIENCE * 1000  # in a browser's milliseconds

Visitors = Callable[..., Visitor]

#: Each of a journey's choices once. No script of ours asks how wide the screen is, and no query whether there is one;
#: `is_sound` looks at every screen on both.
by_size = pytest.mark.parametrize(
    ("size", "has_script"),
    [pytest.param(PHONE, True, id="phone"), pytest.param(DESKTOP, False, id="desktop-without-javascript")],
)
both_ways = pytest.mark.parametrize(
    ("kept_in", "size", "has_script"),
    [
        pytest.param("sqlite", PHONE, True, id="phone"),
        pytest.param("postgresql", DESKTOP, False, id="desktop-without-javascript-on-postgresql"),
    ],
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=_PATIENCE)
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_OPTIONS, timeout=_PATIENCE)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def portal(memory: Path) -> Iterator[Portal]:
    with private_folder(memory, "sqlite") as folder, running_portal(f"sqlite:///{folder}/portal.sqlite", folder) as one:
        yield one


@pytest.fixture(scope="session")
def portal_on_postgresql(memory: Path, postgres: servers.PostgresServer) -> Iterator[Portal]:
    with private_folder(memory, "postgresql") as folder, running_portal(postgres.create("journeys"), folder) as one:
        yield one


@pytest.fixture(autouse=True)
def rings_its_own_workers(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test does through services is done at once by the workers of `portal`, as what pages do is."""
    monkeypatch.setattr(queue, "redis", portal.bell)


@pytest.fixture
def visitors(chromium: Browser) -> Iterator[Visitors]:
    """Opens browsers that share nothing; each ends with the test."""
    opened: list[Visitor] = []

    def visitors(portal: Portal | str, size: tuple[int, int] = PHONE, **choices: Any) -> Visitor:
        has_script = choices.pop("has_script", True)
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale="es-PE",
            timezone_id="America/Lima",
            reduced_motion="reduce",  # nothing is half way when it is looked at
            java_script_enabled=has_script,
            **choices,
        )
        context.set_default_timeout(_PATIENCE)
        url = portal if isinstance(portal, str) else portal.url
        opened.append(Visitor(context.new_page(), url, has_script))
        return opened[-1]

    yield visitors
    faults = [fault for visitor in opened for fault in visitor.faults]
    for visitor in opened:
        visitor.page.context.close()
    assert not faults


@pytest.fixture
def visitor(portal: Portal, visitors: Visitors) -> Visitor:
    return visitors(portal)


@pytest.fixture
def customer(portal: Portal, visitor: Visitor) -> Someone:
    """Somebody with an account, signed in at `visitor`."""
    someone = portal.make.customer()
    Access(visitor).sign_in(someone.username, someone.password)
    return someone
