"""Several web servers and workers over the database under test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import create_app
from portal.extensions import db
from portal.settings import Settings
from tests.databases import all_of, migrate
from tests.factories import Someone
from tests.faults.ensemble import Ensemble, ensemble
from tests.faults.protections import take_away
from tests.faults.traps import FOLDER
from tests.faults.visitors import Visitor
from tests.processes import web_server, worker
from tests.servers import postgres_server

Env = dict[str, str]

TRAPPED = "tests.faults.trapped"
_names = count(1)


@pytest.fixture
def env(portal_env: Env) -> Env:
    """One address for all servers, as behind a balancer."""
    return {"BASE_URL": "http://localhost", **portal_env}


@pytest.fixture
def rows(app: Flask) -> Callable[[Any], list[Any]]:
    """What the database holds now: `rows(select(Payment))`."""

    def rows(statement: Any) -> list[Any]:
        with app.app_context():
            return all_of(statement)

    return rows


@pytest.fixture
def start(app: Flask, env: Env, tmp_path: Path) -> Iterator[Callable[..., list[str]]]:
    """Starts web servers, each a gunicorn of its own, and workers, all at the same time: `start(3, "mail")`.
    The addresses of the web servers. With `traps`, a folder, they watch for the traps in it (see traps.py)."""
    running: list[ExitStack] = []

    def enter(begun: AbstractContextManager[Any]) -> Any:
        running.append(ExitStack())
        return running[-1].enter_context(begun)

    def start(servers: int, *parts: str, traps: Path | None = None) -> list[str]:
        web, background = ("wsgi:app", "workers") if traps is None else (f"{TRAPPED}:app", TRAPPED)
        given = env if traps is None else env | {FOLDER: str(traps)}
        begun = [
            *(web_server(given, tmp_path / f"web-{number}", app=web) for number in range(servers)),
            *([worker(given, " ".join(parts), tmp_path / "workers", program=background)] if parts else []),
        ]
        with ThreadPoolExecutor(len(begun)) as pool:
            return [server.url for server in list(pool.map(enter, begun))[:servers]]

    yield start
    with ThreadPoolExecutor() as pool:
        list(pool.map(ExitStack.close, running))


@pytest.fixture
def visitor(start: Callable[..., list[str]]) -> Iterator[Callable[..., Visitor]]:
    """Somebody on the web servers at `urls`, signed in unless it is None: `visitor(urls, juana)`."""
    with ExitStack() as open_clients:

        def visitor(urls: Sequence[str], someone: Someone | None) -> Visitor:
            visiting = open_clients.enter_context(closing(Visitor(urls)))
            if someone is not None:
                visiting.sign_in(someone)
            return visiting

        yield visitor


@pytest.fixture(scope="module")
def portal(database: str, memory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ensemble]:
    """A whole portal of the module's own, none of it running."""
    folder = tmp_path_factory.mktemp("ensemble")
    if database.startswith("sqlite"):
        with ensemble(memory / folder.name, None) as one:
            yield one
    else:
        # What was committed survives the end of its processes.
        with postgres_server("synchronous_commit=on") as postgres, ensemble(memory / folder.name, postgres) as one:
            yield one


@pytest.fixture
def say(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Words for whoever runs the tests, whether they pass or not."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    assert reporter is not None

    def say(words: str) -> None:
        with capsys.disabled():
            reporter.write_line(words)

    return say


_names = count(1)

OwnApp = Callable[..., Flask]


@pytest.fixture
def own_app(app: Flask, env: Env, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[OwnApp]:
    """Applications over databases of their own, without some protections: `own_app("index")`."""
    engines = []

    def own_app(*without: str) -> Flask:
        if env["DATABASE_URL"].startswith("sqlite"):
            address = f"sqlite:///{tmp_path / f'own-{next(_names)}.sqlite'}"
        else:
            address = request.getfixturevalue("postgres").create(f"own-{next(_names)}")
        own = create_app(Settings.from_env(env | {"DATABASE_URL": address}))
        migrate(own)
        with own.app_context():
            engines.append(db.engine)
        for protection in without:
            take_away(engines[-1], protection)
        return own

    yield own_app
    for engine in engines:
        engine.dispose()
