"""Documents: rendered once, kept with their hash, the same bytes for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import QueuePool, select

from portal.extensions import db
from portal.integrations import pdf
from portal.integrations.storage import FolderStorage
from portal.models import Document, OutboxRow, OutboxState
from portal.models.transaction import writing
from portal.services.documents import kinds
from portal.services.printing import jobs, rendering
from portal.services.sale import quoting
from tests.services.at_once import at_once
from workers import quotes as quotes_worker


@pytest.fixture
def document(rows) -> Callable[[], Document]:
    def document() -> Document:
        (found,) = rows(select(Document))
        return found

    return document


@pytest.fixture
def owed(rows) -> Callable[[], OutboxRow]:
    return lambda: rows(select(OutboxRow).where(OutboxRow.queue == "quotes"))[0]


@pytest.fixture
def storage(app) -> FolderStorage:
    return FolderStorage(app.config["PORTAL"].storage_folder)


def test_a_document_is_kept_with_its_size_and_hash(make, juana, call, read, document, owed, storage):
    number = make.printed_quote(juana)
    assert not document().is_ready
    assert read(kinds.QUOTE, quoting.get, number, juana.actor) == (f"{number}.pdf", None)
    call(quotes_worker.render, owed().id)
    kept = document()
    stored = storage.get(kept.storage_key)
    assert stored.startswith(b"%PDF-")
    assert (kept.size, kept.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())
    assert kept.rendered_at is not None
    assert read(kinds.QUOTE, quoting.get, number, juana.actor) == (f"{number}.pdf", stored)
    assert owed().state is OutboxState.DONE


def test_rendered_again_it_stays_what_it_was(make, juana, call, document, owed):
    make.printed_quote(juana)
    call(quotes_worker.render, owed().id)
    first = document()
    call(jobs.render, first.id, owed().id)
    again = document()
    assert (again.storage_key, again.sha256, again.rendered_at) == (first.storage_key, first.sha256, first.rendered_at)


def test_two_workers_at_once_leave_one_document(make, juana, app, call, document, owed, storage):
    make.printed_quote(juana)
    job, subject = owed(), document().id
    at_once(app, 2, lambda _: jobs.render(subject, job.id))
    kept = document()
    assert hashlib.sha256(storage.get(kept.storage_key)).hexdigest() == kept.sha256
    assert owed().state is OutboxState.DONE


def test_what_a_worker_kept_before_it_died_is_the_document(make, juana, call, document, owed, storage):
    make.printed_quote(juana)
    storage.put(document().reserved_key, b"%PDF-1.4 its work")
    assert not document().is_ready
    call(quotes_worker.render, owed().id)
    assert storage.get(document().storage_key) == b"%PDF-1.4 its work"
    assert document().sha256 == hashlib.sha256(b"%PDF-1.4 its work").hexdigest()


def test_a_disk_that_is_full_leaves_no_document_without_a_file_and_is_tried_again(
    make, juana, call, document, owed, app, clock
):
    """The folder of files is a file: nothing can be written there."""
    make.printed_quote(juana)
    folder: Path = app.config["PORTAL"].storage_folder
    aside = folder.with_name("files-aside")
    if folder.exists():
        folder.rename(aside)
    folder.write_bytes(b"")
    try:
        call(quotes_worker.render, owed().id)
        assert not document().is_ready
        assert (owed().state, owed().attempts) == (OutboxState.PENDING, 1)
    finally:
        folder.unlink()
        if aside.exists():
            aside.rename(folder)
    clock(seconds=6)
    call(quotes_worker.render, owed().id)
    assert document().is_ready


def test_the_engine_works_without_a_connection_to_the_database(make, juana, app, call, document, owed, monkeypatch):
    """Somebody looks at the pool in the moment the engine is called, and the engine is called."""
    make.printed_quote(juana)
    with app.app_context():
        pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    held: list[int] = []
    real = pdf.output

    def looking(*args: Any, **named: Any) -> bytes:
        held.append(pool.checkedout())
        return real(*args, **named)

    monkeypatch.setattr(pdf, "output", looking)
    call(quotes_worker.render, owed().id)
    assert held == [0]
    assert document().is_ready


@pytest.mark.parametrize("changes", [{"names": "李明"}, {"address": "Jr. Tacna 🏠"}, {"maternal_surname": "Дьяк"}])
def test_a_document_with_letters_that_no_font_draws_is_not_kept(make, call, document, owed, changes):
    make.printed_quote(make.customer(**changes))
    call(quotes_worker.render, owed().id)
    assert not document().is_ready
    assert (owed().state, owed().attempts) == (OutboxState.PENDING, 1)


def test_a_row_never_changes_a_document_that_is_there(make, juana, call, document, owed):
    make.printed_quote(juana)
    call(quotes_worker.render, owed().id)
    before, job = document(), owed()

    def ask_again() -> None:
        with writing() as session:
            session.get_one(OutboxRow, job.id).state = OutboxState.PENDING

    call(ask_again)
    call(quotes_worker.render, job.id)
    assert (document().storage_key, document().sha256) == (before.storage_key, before.sha256)


@pytest.mark.parametrize("shown", ["Nguyễn", "Nguy&#7877;n", "<b>Nguy</b>ễn", "<p title='a'>ễ</p>"])
def test_a_letter_that_no_font_draws_is_not_printed(shown):
    with pytest.raises(rendering.Unprintable, match=r"no font draws U\+1EC5$"):
        rendering.check_letters(f"<style>p {{ color: red }}</style><p>{shown}</p>")


def test_letters_that_nobody_reads_may_be_any():
    rendering.check_letters("<style>p::before { content: 'ễ' }</style><p title='ễ'>a\u00adb &amp; Ñuñoa</p>")
