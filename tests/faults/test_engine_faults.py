"""The PDF engine hangs, crashes, writes rubbish, or its worker is killed while it runs: one document all the same, and
no process of it is left.

The engine is a stand-in on the worker's PATH. Time does not pass here: workers that follow have a later clock.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.domain.message import MessageState
from portal.integrations import pdf
from portal.integrations.storage import FolderStorage
from portal.models import Document, Message, OutboxRow, OutboxState
from portal.services.documents import kinds
from tests.faults.engines import HANGS, STANDS_STILL, StandIn
from tests.processes import PATIENCE, bare_env, until, worker

REAL = shutil.which("wkhtmltopdf") or ""
TRIES = 9  # of the outbox, until a row is failed


@pytest.fixture
def policy(make, drain, mailbox) -> str:
    """A policy just issued: its document and its mail are owed, nothing else is."""
    number = make.policy(make.customer())
    for mail in mailbox.store.mails():
        assert not mail.attachments()
    return number


@pytest.fixture
def stand_in(tmp_path) -> Callable[[str], StandIn]:
    return lambda script: StandIn(tmp_path / "engine", script, REAL)


def of_policy(rows: Callable[[Any], list[Any]]) -> Document:
    (document,) = rows(select(Document).where(Document.kind == kinds.POLICY.code))
    return document


def owed(rows: Callable[[Any], list[Any]], document: Document) -> OutboxRow:
    (row,) = rows(select(OutboxRow).where(OutboxRow.dedupe_key == document.job_key))
    return row


def printed(app) -> set[Path]:
    """The PDFs in the store; the schedule's own files, of the insurers' day, come beside them."""
    return set(app.config["PORTAL"].storage_folder.rglob("*.pdf"))


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.one_database
@pytest.mark.parametrize("whole_worker", [True, False], ids=["the whole worker", "the process of its job"])
def test_killed_in_mid_pdf_the_engine_dies_with_it_and_one_document_is_delivered(
    app, policy, rows, env, mailbox, stand_in, tmp_path, whole_worker
):
    engine = stand_in(STANDS_STILL)
    before = printed(app)
    with worker(env | engine.env, "documents", tmp_path / "documents") as running:
        until(engine.alive, "the engine runs")
        for pid in [running.pid, *children(running.pid)] if whole_worker else children(running.pid):
            os.kill(pid, signal.SIGKILL)
        until(lambda: not engine.alive(), "the engine died with its worker")
    assert printed(app) <= before
    assert owed(rows, of_policy(rows)).state is OutboxState.PENDING
    later = env | {"CLOCK_OFFSET_SECONDS": "65"}
    with (
        worker(later, "documents", tmp_path / "documents"),
        worker(later, "mail", tmp_path / "mail"),
        worker(later, "schedule", tmp_path / "schedule"),
    ):
        until(lambda: MessageState.SENT in rows(select(Message.state).where(Message.kind == "policy")), "it is mailed")
    document = of_policy(rows)
    (mail,) = [mail for mail in mailbox.store.mails() if policy in mail.header("Subject")]
    (attached,) = mail.attachments()
    assert hashlib.sha256(attached.data).hexdigest() == document.sha256
    assert len(printed(app) - before) == 1  # the schedule may take away what tests before left without a row
    assert FolderStorage(app.config["PORTAL"].storage_folder).get(str(document.storage_key)) == attached.data


@pytest.mark.one_database
def test_an_engine_whose_worker_died_before_it_began_does_not_begin(tmp_path):
    """The system's promise to kill it holds from when it was asked for; who asked may be dead by then."""
    told = tmp_path / "told"
    nobody = subprocess.Popen(["true"])
    nobody.wait()
    ended = subprocess.run([*pdf._DIES_WITH_US, str(nobody.pid), "touch", told], env=bare_env(), timeout=PATIENCE)
    assert ended.returncode != 0
    assert not told.exists()


@pytest.mark.one_database
@pytest.mark.parametrize(
    "script", [HANGS, "kill -SEGV $$", "echo 'not a document'", '{real} "$@" | head -c 9000'], ids=lambda s: s[:8]
)
def test_an_engine_that_fails_is_tried_again_and_then_its_mail_is_on_the_desk(
    app, policy, rows, env, monkeypatch, clock, drain, mailbox, stand_in, script
):
    """Each try is the worker's own function, with an hour between them."""
    engine = stand_in(script)
    monkeypatch.setenv("PATH", engine.env["PATH"])
    if script == HANGS:
        monkeypatch.setitem(pdf.output.__kwdefaults__, "timeout", 0.3)
    before = printed(app)
    for hours in range(TRIES):
        document = of_policy(rows)
        assert not document.is_ready
        assert owed(rows, document).attempts == hours
        clock(hours=2 * hours)
        drain()
        assert not engine.alive()
    row = owed(rows, of_policy(rows))
    assert (row.state, row.attempts) == (OutboxState.FAILED, TRIES)
    assert row.last_error == ("PdfTimeout" if script == HANGS else "PdfFailed")
    assert printed(app) <= before
    clock(hours=2 * TRIES)
    drain()
    (message,) = rows(select(Message).where(Message.kind == "policy"))
    assert (message.state, message.reason) == (MessageState.FAILED, "its document could not be made")
    assert not [mail for mail in mailbox.store.mails() if policy in mail.header("Subject")]


@pytest.mark.one_database
def test_an_engine_that_fails_once_makes_one_document(app, policy, rows, env, mailbox, stand_in, tmp_path):
    engine = stand_in("kill -SEGV $$")
    with worker(env | engine.env, "documents", tmp_path / "documents"):
        until(lambda: owed(rows, of_policy(rows)).last_error == "PdfFailed", "the first try fails")
    later = env | {"CLOCK_OFFSET_SECONDS": "6"}
    with worker(later, "documents", tmp_path / "documents"), worker(later, "schedule", tmp_path / "schedule"):
        until(lambda: of_policy(rows).is_ready, "the next one succeeds")
    assert owed(rows, of_policy(rows)).state is OutboxState.DONE


@pytest.mark.one_database
def test_the_time_an_engine_has_is_half_a_minute_and_ends_before_the_jobs_own():
    from portal.integrations.jobqueue import JobQueue
    from portal.services.platform.outbox import LEASE

    assert signature(pdf.output).parameters["timeout"].default == pdf.TIMEOUT == 30
    assert pdf.TIMEOUT < JobQueue.job_seconds < LEASE.total_seconds()


@pytest.mark.one_database
def test_a_worker_without_the_engine_does_not_start_and_says_the_line_that_installs_it(env, tmp_path):
    log = tmp_path / "log"
    (tmp_path / "bin").mkdir()
    with worker(env | {"PATH": str(tmp_path / "bin")}, "documents", log) as running:
        assert running.wait(PATIENCE) == 1
    assert "apt-get install --no-install-recommends wkhtmltopdf" in log.read_text()
    assert "Traceback" not in log.read_text()
