"""Rows without their file and files without their row, found and mended."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from portal.domain.actor import SYSTEM
from portal.domain.errors import NotFound
from portal.domain.received_file import FileState
from portal.extensions import db
from portal.integrations.storage import FolderStorage, new_key
from portal.models import Document, StoredFile
from portal.models.transaction import writing
from portal.services.evidence import orphans, uploads
from portal.services.evidence.uploads import Place
from tests.decoder.strangers import TAKEN

PAGE = Place("claim", 7, "death_certificate", is_page=False)


@pytest.fixture
def sent(call, make):
    return call(uploads.take, PAGE, io.BytesIO(TAKEN["PDF"][0]), make.customer().actor)


@pytest.fixture
def folder(app) -> Path:
    return app.config["PORTAL"].storage_folder


def of_age(path: Path, age: timedelta) -> None:
    then = path.stat().st_mtime - age.total_seconds()
    os.utime(path, (then, then))


def state_of(call, file: StoredFile) -> FileState:
    return call(lambda: db.session.get_one(StoredFile, file.id).state)


def test_where_all_is_well_nothing_is_touched(sent, call, folder):
    for key in sent.parts:
        of_age(folder / key, timedelta(days=30))
    assert call(orphans.mend) == orphans.Mended()
    assert call(uploads.content, sent, SYSTEM)


def test_a_row_that_never_got_its_file_is_ended_after_an_hour(sent, call, clock):
    def unfinished() -> None:
        with writing() as session:
            session.execute(update(StoredFile).values(state=FileState.RECEIVING))

    call(unfinished)
    assert call(orphans.mend).unfinished == 0, "it may be on its way"
    clock(minutes=61)
    assert call(orphans.mend).unfinished == 1
    assert state_of(call, sent) is FileState.REMOVED


def test_a_row_whose_file_is_gone_is_asked_for_again_until_it_is_back(sent, call, folder):
    path = folder / sent.storage_key
    data = path.read_bytes()
    path.unlink()
    assert call(orphans.mend).lost == 1
    assert state_of(call, sent) is FileState.LOST
    (listed,) = call(uploads.files_of, "claim", 7)
    with pytest.raises(NotFound):
        call(uploads.content, listed, SYSTEM)
    path.write_bytes(data)
    assert call(orphans.mend).found_again == 1
    assert state_of(call, sent) is FileState.STORED


def test_what_was_lost_can_be_sent_again(sent, call, folder, make):
    (folder / sent.storage_key).unlink()
    call(orphans.mend)
    again = call(uploads.take, PAGE, io.BytesIO(TAKEN["PDF"][0]), make.customer().actor)
    assert (again.id != sent.id, again.state) == (True, FileState.STORED)


def test_one_that_is_back_after_it_was_sent_again_stays_lost(sent, call, folder, make):
    path = folder / sent.storage_key
    data = path.read_bytes()
    path.unlink()
    call(orphans.mend)
    call(uploads.take, PAGE, io.BytesIO(TAKEN["PDF"][0]), make.customer().actor)
    path.write_bytes(data)
    assert call(orphans.mend) == orphans.Mended()
    assert state_of(call, sent) is FileState.LOST


def test_a_file_that_no_row_names_is_deleted_after_a_week(sent, call, folder):
    stray = new_key(".jpg")
    FolderStorage(folder).put(stray, b"whose?")
    of_age(folder / stray, timedelta(days=6))
    assert call(orphans.mend).unclaimed == 0
    of_age(folder / stray, timedelta(days=2))
    assert call(orphans.mend).unclaimed == 1
    assert not (folder / stray).exists()
    assert call(uploads.content, sent, SYSTEM)


@pytest.fixture
def shared(sent, call):
    """The two rows of a file that serves another place too."""

    def share() -> None:
        with writing() as session:
            uploads.share(session.get_one(StoredFile, sent.id), replace(PAGE, owner_id=8), SYSTEM)

    call(share)
    return sent, call(uploads.files_of, "claim", 8)[0]


def withdraw(file_id: int) -> None:
    with writing() as session:
        uploads.withdraw(session.get_one(StoredFile, file_id), SYSTEM)


@pytest.mark.parametrize("gone", [0, 1])
def test_what_serves_two_places_is_kept_as_long_as_either_has_it(shared, call, folder, gone):
    (left,) = (one for one in shared if one is not shared[gone])
    call(withdraw, shared[gone].id)
    for key in left.parts:
        of_age(folder / key, timedelta(days=30))
    assert call(orphans.mend) == orphans.Mended()
    assert call(uploads.content, left, SYSTEM)
    assert call(uploads.thumbnail, left, SYSTEM)
    call(withdraw, left.id)
    assert not any((folder / key).exists() for key in left.parts)


def test_what_serves_two_places_and_is_gone_is_asked_for_in_both(shared, call, folder):
    path = folder / shared[0].storage_key
    data = path.read_bytes()
    path.unlink()
    assert call(orphans.mend).lost == 2
    assert [state_of(call, one) for one in shared] == [FileState.LOST] * 2
    path.write_bytes(data)
    assert call(orphans.mend).found_again == 2


def test_documents_are_nobodys_orphans(call, make, drain, folder):
    make.policy(make.customer())
    drain()
    for path in folder.rglob("*.pdf"):
        of_age(path, timedelta(days=30))
    call(orphans.mend)
    keys = call(lambda: db.session.scalars(select(Document.storage_key)).all())
    assert keys
    assert all((folder / key).is_file() for key in keys)
