"""What every test may ask for. Servers start when first asked for, once; each test begins with empty tables.

database    address of the database under test; a test that uses it, or anything over it, runs on SQLite and PostgreSQL
            (the pages of tests/web on SQLite, or on the one of --database)
app         the application over it, with real Redis, bank and mailbox
context     an application context, for tests that call services directly (not together with `client`)
make        people, quotes, purchases and policies (tests/factories)
client      a browser without JavaScript that checks every page it sees (tests/client.py)
clients     more of them: clients()
drain       does all that is owed now, in this process: drain()
bank        the sandbox bank: bank.ledger.entries()
mailbox     the mails delivered by SMTP: mailbox.store.mails()
clock       moves the time of this process: clock(hours=1)
clock_at    sets it: clock_at(slip.due_at, seconds=1)
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
import structlog
from flask import Flask

from portal import create_app
from portal.domain import clock as portal_clock
from portal.extensions import db, queue
from portal.settings import Settings
from sandbox.bank import Pauses
from sandbox.harness import RunningBank, RunningMailbox, running_bank, running_mailbox
from tests import applications, compiled, draining, quick_engine, servers
from tests.affected import Affected, changed_since
from tests.client import PageClient
from tests.databases import Cleaner, empty_bank, migrate
from tests.dearest import Dearest
from tests.factories import Factories

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("calm", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("calm")

# Settings of whoever runs the tests never reach them.
for _name in list(os.environ):
    if _name.startswith(("PORTAL", "MAIL_", "BANK_", "FLASK_", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "BASE_URL")):
        del os.environ[_name]

DATABASES = ("sqlite", "postgresql")
AFFECTED = pytest.StashKey[Affected]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=DATABASES, help="run on one database only, while writing a test")
    parser.addoption("--fault-seconds", type=float, default=0, help="how long random faults go on (0: not at all)")
    parser.addoption("--fault-seed", type=int, help="the seed that a run of random faults printed")
    parser.addoption("--rounds", type=int, help="how many rounds a race of tests/faults has, instead of a few")
    parser.addoption("--lives", type=int, help="how many random lives of a policy are led, instead of a few")
    parser.addoption("--since", metavar="REV", help="only the files that what changed since then can break")
    parser.addoption("--draw", action="store_true", help="write docs/transcripts anew instead of comparing")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        databases = [chosen] if chosen else list(DATABASES)
        # Pages are asked over one: what the databases do differently lies in the services, whose tests run on both.
        pages = metafunc.definition.path.parent.name == "web"
        if pages or metafunc.definition.get_closest_marker("one_database"):
            databases = databases[:1]
        metafunc.parametrize("database", databases, indirect=True, scope="session")


def pytest_configure(config: pytest.Config) -> None:
    compiled.share()
    config.addinivalue_line(
        "markers",
        "one_database: what it shows has nothing to do with the kind of database, or it takes a minute: --database",
    )
    config.addinivalue_line("markers", "wide: the same screens at 1280 px")
    config.pluginmanager.register(Dearest(), "dearest")
    if revision := config.getoption("--since"):
        config.stash[AFFECTED] = Affected(changed_since(revision))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # whoever began the run, not one of those who share it
        compiled.forget()


def pytest_collection_finish() -> None:
    """What is here now stays to the end: the collector needn't look at it again and again."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    affected = config.stash.get(AFFECTED, None)
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if affected is not None and is_test and not affected(collection_path) else None


# Their tests start processes of their own and mostly wait for them.
WAITING = {"faults", "operation", "workers"}
# What one process does for longest begins first, or the others would wait for it in the end: the journeys' halves, the
# pages, the guards of one database. The many short files fill what is left.
FIRST = ("journeys", "web", "guards", "services", *sorted(WAITING))


def _part(item: pytest.Item) -> str:
    """The part of tests/ that a test belongs to."""
    return item.path.relative_to(Path(__file__).parent).parts[0]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Where several processes share the tests (`./run test`): one of them keeps to a folder and a database, so that it
    is made once; two have a browser, for half of the journeys each; the other files, and those whose tests mostly wait,
    go to whoever is free."""
    folder, file = item.path.parent.name, item.path.name
    parameters = getattr(item, "callspec", None)
    database = parameters.params.get("database") if parameters else None
    group = f"{folder} {database}" if database and folder not in WAITING else f"{file} {database}"
    if folder == "journeys":
        group = f"journeys {'first' if file < 'test_f' else 'second'} half"
    item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: FIRST.index(_part(item)) if _part(item) in FIRST else len(FIRST))


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.RedisServer]:
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.PostgresServer]:
    with servers.postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: a SQLite commit waits for the disk, and these needn't."""
    folder = tempfile.mkdtemp(prefix="portal-tests-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    yield Path(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest, memory: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{memory / 'portal.sqlite'}"
    server: servers.PostgresServer = request.getfixturevalue("postgres")
    return server.create("portal")


@pytest.fixture(scope="session")
def bank_server(memory: Path) -> Iterator[RunningBank]:
    pauses = Pauses(slow=0.2, hangs=30)
    with running_bank(memory / "bank.sqlite", now=portal_clock.now, pauses=pauses) as server:
        yield server


@pytest.fixture(scope="session")
def mailbox_server(memory: Path) -> Iterator[RunningMailbox]:
    with running_mailbox(memory / "mailbox") as server:
        yield server


@pytest.fixture(scope="session")
def portal_env(
    database: str,
    redis_server: servers.RedisServer,
    bank_server: RunningBank,
    mailbox_server: RunningMailbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """The settings of a portal over the servers of these tests, for this process or another."""
    data = tmp_path_factory.mktemp("data")
    return applications.settings(data, database, redis_server.url, bank_server, mailbox_server.smtp_port)


@pytest.fixture(scope="session")
def built(portal_env: dict[str, str]) -> Iterator[tuple[Flask, Cleaner]]:
    """The application over a migrated and seeded database. Its context stays closed: each request opens its own."""
    app = create_app(Settings.from_env({"BASE_URL": "http://localhost", **portal_env}))
    migrate(app)
    with app.app_context():
        cleaner = Cleaner(db.engine)
    yield app, cleaner
    applications.close(app)


@pytest.fixture(scope="session")
def quick_engine_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engine")
    quick_engine.install(folder)
    return folder


@pytest.fixture
def quick_pdfs(quick_engine_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents come at once, each the same sheet: for tests that don't look into them (tests/quick_engine.py)."""
    monkeypatch.setenv("PATH", str(quick_engine_folder), prepend=os.pathsep)


@pytest.fixture
def app(
    built: tuple[Flask, Cleaner],
    redis_server: servers.RedisServer,
    memory: Path,
) -> Iterator[Flask]:
    app, cleaner = built
    cleaner.clean()
    empty_bank(memory / "bank.sqlite")
    for mail in (memory / "mailbox").iterdir():
        mail.unlink()
    with closing(redis_server.client) as client:
        client.flushdb()
    queue.is_reachable()  # a test before this one may have stopped Redis: it is back
    app.extensions.pop("bank", None)
    structlog.contextvars.clear_contextvars()
    yield app
    portal_clock.shift(timedelta())


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def bank(app: Flask, bank_server: RunningBank) -> RunningBank:
    return bank_server


@pytest.fixture
def mailbox(app: Flask, mailbox_server: RunningMailbox) -> RunningMailbox:
    return mailbox_server


@pytest.fixture
def make(app: Flask) -> Factories:
    return Factories(app)


@pytest.fixture
def clients(app: Flask) -> Callable[[], PageClient]:
    return lambda: PageClient(app)


@pytest.fixture
def client(clients: Callable[[], PageClient]) -> PageClient:
    return clients()


@pytest.fixture
def clock(app: Flask) -> Callable[..., None]:
    """Moves the time of this process: `clock(minutes=31)` is 31 minutes from now, `clock()` is now again."""
    return lambda **offset: portal_clock.shift(timedelta(**offset))


@pytest.fixture
def clock_at(app: Flask) -> Callable[..., None]:
    """Sets the time of this process to a moment, and some seconds."""
    return lambda moment, seconds=0: portal_clock.shift(moment - datetime.now(UTC) + timedelta(seconds=seconds))


@pytest.fixture
def drain(app: Flask) -> Callable[..., int]:
    """Does what is owed and due, of the queues told or all, until nothing is. How many jobs that took."""
    return lambda *queues: draining.drain(app, *queues)
