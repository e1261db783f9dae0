"""A worker's process may die; its watcher starts another, and none works on without a watcher."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Document
from portal.services.desk.background import PARTS
from portal.services.platform import heartbeats
from tests.factories import Factories
from tests.processes import PATIENCE, ROOT, bare_env, until, worker

pytestmark = pytest.mark.one_database


def working(watcher: int) -> list[int]:
    """The processes that the watcher started."""
    return [int(pid) for pid in Path(f"/proc/{watcher}/task/{watcher}/children").read_text().split()]


def test_work_goes_on_when_its_process_is_killed(
    app: Flask, make: Factories, portal_env: dict[str, str], tmp_path: Path
) -> None:
    def is_rendered() -> bool:
        with app.app_context():
            return db.session.scalars(select(Document)).one().is_ready

    with worker({"BASE_URL": "http://localhost", **portal_env}, "quotes", tmp_path / "log") as watcher:
        until(lambda: working(watcher.pid), "the worker works")
        os.kill(working(watcher.pid)[0], signal.SIGKILL)
        make.printed_quote(make.customer())
        until(is_rendered, "another process renders the quote")
        assert watcher.poll() is None


@pytest.mark.parametrize(("part", "signs"), [("documents", True), ("mail", False)])
def test_what_signs_is_there_before_the_first_document_and_only_where_documents_are_made(
    portal_env: dict[str, str], part: str, signs: bool
) -> None:
    """A worker that is told to stop before it takes a job."""
    begins = (
        "import sys; from portal import create_app; from workers import queues; worker = queues.QueueWorker; "
        "worker.work = lambda *_, **__: setattr(worker, 'told_to_stop', True); "
        "queues.serve(create_app(), sys.argv[1]); print('pyhanko' in sys.modules)"
    )
    env = {**bare_env(), "BASE_URL": "http://localhost", **portal_env}
    said = subprocess.run([sys.executable, "-c", begins, part], cwd=ROOT, env=env, capture_output=True, text=True)
    assert said.stdout.splitlines()[-1:] == [str(signs)], said.stderr


def test_nobody_works_unwatched(app: Flask, portal_env: dict[str, str], tmp_path: Path) -> None:
    with worker({"BASE_URL": "http://localhost", **portal_env}, "mail", tmp_path / "log") as watcher:
        until(lambda: working(watcher.pid), "the worker works")
        (process,) = working(watcher.pid)
        watcher.send_signal(signal.SIGKILL)
        watcher.wait()
        until(lambda: not Path(f"/proc/{process}").exists(), "its process ends with it")


def test_one_command_keeps_every_part_at_work_until_it_is_told_to_end(
    app: Flask, portal_env: dict[str, str], tmp_path: Path
) -> None:
    def parts() -> set[str]:
        with app.app_context():
            return {one.part for one in heartbeats.alive()}

    with worker({"BASE_URL": "http://localhost", **portal_env}, "", tmp_path / "log") as watcher:
        until(lambda: parts() == set(PARTS), "all of them work")
        before = working(watcher.pid)
        assert len(before) == len(PARTS)
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(set(working(watcher.pid)) - set(before)) == 1, "another takes the dead one's place")
        assert len(set(working(watcher.pid)) & set(before)) == len(PARTS) - 1
        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(timeout=PATIENCE) == 0
