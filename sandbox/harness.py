"""Parts of the sandbox inside this process, for tests: real HTTP and SMTP on free ports, their stores at hand."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from werkzeug.serving import BaseWSGIServer

from sandbox import bank, mail_pages
from sandbox.ledger import Ledger
from sandbox.mail_store import MailStore
from sandbox.mailbox import Catcher, smtp_server
from sandbox.server import HOST, server


@dataclass(frozen=True)
class RunningBank:
    """A bank that answers at `url`; `instance` is what its /health says."""

    url: str
    api_key: str
    instance: str
    ledger: Ledger


@contextmanager
def running_bank(
    ledger: Path,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    pauses: bank.Pauses | None = None,
) -> Iterator[RunningBank]:
    """A bank until the block ends; requests that hang are let go then."""
    books, stopping = Ledger(ledger, now), threading.Event()
    api_key, instance = secrets.token_hex(16), secrets.token_hex(8)
    web = server(bank.create_app(books, api_key, instance, stopping, pauses), 0)
    with in_thread(web):
        try:
            yield RunningBank(f"http://{HOST}:{web.server_port}", api_key, instance, books)
        finally:
            stopping.set()


@contextmanager
def in_thread(web: BaseWSGIServer) -> Iterator[None]:
    """The server answers until the block ends."""
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        web.shutdown()
        thread.join()


@dataclass(frozen=True)
class RunningMailbox:
    """A mailbox that takes SMTP at `smtp_port` and shows its `store` at `url`."""

    smtp_port: int
    url: str
    instance: str
    store: MailStore


@contextmanager
def running_mailbox(folder: Path) -> Iterator[RunningMailbox]:
    """A mailbox until the block ends."""
    store, instance = MailStore(folder), secrets.token_hex(8)
    web = server(mail_pages.create_app(store, instance), 0)
    with smtp_server(Catcher(store)) as smtp_port, in_thread(web):
        yield RunningMailbox(smtp_port, f"http://{HOST}:{web.server_port}", instance, store)
