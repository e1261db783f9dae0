"""The disk is full when a document is kept: a real file system without room, which only the worker sees."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sqlalchemy import select

from portal.models import Document, OutboxRow, OutboxState
from portal.services.documents import kinds
from tests.processes import process, until, worker

_FULL = 'mkdir -p "$1" && mount -t tmpfs -o size=16k tmpfs "$1" && shift && exec "$@"'


def test_a_full_disk_leaves_no_row_without_a_file_and_no_file_without_a_row(app, make, rows, env, tmp_path):
    make.printed_quote(make.customer())
    folder: Path = app.config["PORTAL"].storage_folder
    known = {path for path in folder.rglob("*") if path.is_file()}
    own_mounts = "-m" if os.geteuid() == 0 else "-rm"  # who is not root becomes root of a world of its own
    without_room = [
        "unshare",
        own_mounts,
        "sh",
        "-c",
        _FULL,
        "sh",
        str(folder),
        sys.executable,
        "-m",
        "workers",
        "quotes",
    ]
    with process(without_room, tmp_path / "log", env=env) as running:
        until(lambda: rows(select(OutboxRow.last_error)) == ["OSError"], "there is no room for it")
        inside = Path(f"/proc/{running.pid}/root{folder}")
        assert [path for path in inside.rglob("*") if path.is_file()] == []
    (document,) = rows(select(Document))
    assert (document.storage_key, document.sha256, document.rendered_at) == (None, None, None)
    assert {path for path in folder.rglob("*") if path.is_file()} == known
    later = env | {"CLOCK_OFFSET_SECONDS": "6"}
    with worker(later, "quotes schedule", tmp_path / "later"):
        its = select(OutboxRow.state).where(OutboxRow.queue == "quotes")  # the schedule owes the insurers theirs
        until(lambda: rows(its) == [OutboxState.DONE], "it is kept once there is room")
    (document,) = rows(select(Document).where(Document.kind == kinds.QUOTE.code))
    assert set(folder.rglob("*.pdf")) - known == {folder / str(document.storage_key)}
