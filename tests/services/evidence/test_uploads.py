"""Files that people send: no row without its file, no file without its row."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.domain.actor import Actor
from portal.domain.errors import DomainError
from portal.domain.received_file import LARGEST, FileRefused, FilesBusy, FileState, NoRoom, Refusal
from portal.extensions import db
from portal.integrations import inspection
from portal.integrations.storage import FolderStorage
from portal.models import AuditEntry, StoredFile
from portal.models.transaction import writing
from portal.services.documents import store
from portal.services.evidence import uploads
from portal.services.evidence.uploads import Place
from portal.services.operation import integrity
from tests.decoder.strangers import REFUSED, TAKEN, drawing, encoded
from tests.services.at_once import at_once

PAGE = Place("purchase", 1, "signed_policy", is_page=False)
PHOTO = TAKEN["JPEG with its place"][0]


@pytest.fixture
def ana(make):
    return make.customer().actor


@pytest.fixture
def send(call, ana):
    def send(data: bytes = PHOTO, place: Place = PAGE) -> StoredFile:
        return call(uploads.take, place, io.BytesIO(data), ana)

    return send


@pytest.fixture
def remove(call, ana):
    def use_case(file_id):
        with writing() as session:
            uploads.withdraw(session.get_one(StoredFile, file_id), ana)

    return lambda file_id: call(use_case, file_id)


@pytest.fixture
def rows(call):
    return lambda: call(lambda: db.session.scalars(select(StoredFile).order_by(StoredFile.id)).all())


@pytest.fixture
def files(app):
    """The keys of all files that are there now and were not when the test began."""
    folder: Path = app.config["PORTAL"].storage_folder
    before = {path for path in folder.rglob("*") if path.is_file()}
    return lambda: {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path not in before
    }


def test_what_came_and_what_is_kept_are_written_down(send, call, ana, files):
    file = send()
    kept = call(uploads.content, file, ana)
    assert file.state is FileState.STORED
    assert (file.received_sha256, file.received_size) == (hashlib.sha256(PHOTO).hexdigest(), len(PHOTO))
    assert (file.sha256, file.size) == (hashlib.sha256(kept).hexdigest(), len(kept))
    assert file.sha256 != file.received_sha256
    assert (file.type, file.width, file.height, file.pages) == ("image/jpeg", 96, 64, 1)
    assert file.sender_id == ana.account_id
    assert hashlib.sha256(call(uploads.thumbnail, file, ana)).hexdigest() == file.thumbnail_sha256
    assert files() == set(file.parts)


def test_who_sent_what_is_in_the_audit(send, call, ana):
    file = send()
    entry = call(lambda: db.session.scalars(select(AuditEntry).filter_by(action="file.receive")).one())
    assert (entry.actor_id, entry.subject) == (ana.account_id, "purchase:1")
    assert entry.details == {"file_id": file.id, "slot": "signed_policy", "sha256": file.sha256}


def test_somebody_without_an_account_sends_too(call):
    file = call(uploads.take, PAGE, io.BytesIO(PHOTO), Actor())
    assert (file.state, file.sender_id) == (FileState.STORED, None)


def test_a_photo_that_nobody_could_read_is_kept_and_told(send):
    file = send(encoded(drawing((300, 200)), "JPEG"), Place("purchase", 1, "signed_policy", is_page=True))
    assert "small" in {flaw.value for flaw in file.flaws}


@pytest.mark.parametrize("name", ["nothing", "page", "JPEG cut off", "PDF that runs a script", "PDF with a file in it"])
def test_of_what_is_refused_nothing_is_kept(name, send, rows, files):
    data, reason = REFUSED[name]
    with pytest.raises(FileRefused) as told:
        send(data)
    assert told.value.refusal == reason
    assert told.value.message == Refusal(reason).words
    assert (rows(), files()) == ([], set())


def test_a_byte_more_than_ten_megabytes_is_refused(send, rows, files):
    with pytest.raises(FileRefused) as told:
        send(PHOTO + bytes(LARGEST + 1 - len(PHOTO)))
    assert told.value.refusal is Refusal.TOO_LARGE
    assert (rows(), files()) == ([], set())


def test_what_is_sent_again_is_the_same_file(send, rows, files):
    first, again = send(), send()
    assert first.id == again.id
    assert len(rows()) == 1
    assert files() == set(first.parts)


def test_for_another_place_it_is_another_file(send):
    assert send().id != send(place=Place("purchase", 2, "signed_policy", is_page=False)).id


def test_the_same_sent_at_once_is_kept_once(app, ana, rows, files, monkeypatch):
    monkeypatch.setattr(inspection, "_here", threading.BoundedSemaphore(4))

    found = at_once(app, 3, lambda _: uploads.take(PAGE, io.BytesIO(PHOTO), ana).id)
    (row,) = rows()
    assert set(found) == {row.id}
    assert row.state is FileState.STORED
    assert files() == set(row.parts)


def test_a_place_takes_no_more_than_it_says(send, rows):
    two = Place("purchase", 1, "photo", most=2, is_page=False)
    for number in range(2):
        send(encoded(drawing((60 + number, 40)), "PNG"), two)
    with pytest.raises(DomainError, match="Ya envió 2 archivos"):
        send(encoded(drawing((90, 40)), "PNG"), two)
    assert len(rows()) == 2


def test_a_removed_one_makes_room_and_leaves_no_bytes(send, remove, files):
    one = Place("purchase", 1, "photo", most=1, is_page=False)
    first = send(place=one)
    remove(first.id)
    assert files() == set()
    again = send(place=one)
    assert again.id != first.id


def test_what_was_sent_is_listed_oldest_first_without_what_was_removed(send, remove, call):
    sent = [send(encoded(drawing((60 + number, 40)), "PNG")) for number in range(3)]
    remove(sent[1].id)
    assert [file.id for file in call(uploads.files_of, "purchase", 1)] == [sent[0].id, sent[2].id]
    assert call(uploads.files_of, "purchase", 2) == []


def test_a_place_of_one_says_so(send):
    one = Place("purchase", 1, "photo", most=1, is_page=False)
    send(place=one)
    with pytest.raises(DomainError, match="Ya envió un archivo aquí"):
        send(encoded(drawing((90, 40)), "PNG"), one)


def looks(call) -> list[tuple[str, str, dict[str, int]]]:
    actions = ("file.open", "file.thumbnails")
    entries = call(
        lambda: db.session.scalars(
            select(AuditEntry).where(AuditEntry.action.in_(actions)).order_by(AuditEntry.id)
        ).all()
    )
    return [(entry.action, entry.subject, entry.details) for entry in entries]


def test_of_the_staff_each_look_is_recorded_and_of_the_owner_none(send, call, ana, make):
    file, clerk = send(), make.collaborator().actor
    call(uploads.content, file, ana)
    call(uploads.thumbnail, file, ana)
    assert looks(call) == []
    for _ in range(2):
        call(uploads.content, file, clerk)
    assert looks(call) == [("file.open", "purchase:1", {"file_id": file.id})] * 2


def test_a_page_of_thumbnails_is_one_look_at_a_time(app, send, call, make, clock):
    files = [send(encoded(drawing((60 + number, 40)), "PNG")) for number in range(3)]
    other = send(place=Place("purchase", 2, "photo", is_page=False))
    clerk, colleague = make.collaborator().actor, make.supervisor().actor
    at_once(app, 3, lambda number: uploads.thumbnail(files[number], clerk))
    seen: list[tuple[str, str, dict[str, int]]] = [("file.thumbnails", "purchase:1", {})]
    assert looks(call) == seen
    call(uploads.thumbnail, other, clerk)
    call(uploads.thumbnail, files[0], colleague)
    seen += [("file.thumbnails", "purchase:2", {}), seen[0]]
    assert looks(call) == seen
    clock(hours=13)
    call(uploads.thumbnail, files[0], clerk)
    assert looks(call) == [*seen, seen[0]]


class Failing(FolderStorage):
    """A store that takes one file, and then no more."""

    taken = 0

    def put_file(self, key, file):
        if self.taken:
            raise OSError(28, "No space left on device")
        self.taken += 1
        super().put_file(key, file)


def test_a_full_disk_is_told_and_leaves_neither_row_nor_file(app, send, rows, files, monkeypatch):
    full = Failing(app.config["PORTAL"].storage_folder)
    monkeypatch.setattr(store, "storage", lambda: full)
    with pytest.raises(NoRoom) as told:
        send()
    assert "No pudimos guardar el archivo" in told.value.message
    assert [row.state for row in rows()] == [FileState.REMOVED]
    assert files() == set()
    monkeypatch.undo()
    assert send().state is FileState.STORED


def test_no_room_while_it_comes_in_is_told(send, rows, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("portal.integrations.reception.tempfile.TemporaryFile", full)
    with pytest.raises(NoRoom):
        send()
    assert rows() == []


@pytest.mark.parametrize("fails", ["it does not begin", "it ends by itself", "it is killed"])
def test_a_decoder_that_fails_is_never_the_files_fault(fails, send, rows, files, monkeypatch, tmp_path):
    if fails == "it does not begin":
        monkeypatch.setattr("portal.integrations.inspection.sys.executable", "/nowhere/python")
    else:
        end = "raise SystemExit(1)" if fails == "it ends by itself" else "import os; os.kill(os.getpid(), 9)"
        (tmp_path / "__main__.py").write_text(end)
        monkeypatch.setattr(inspection, "_DECODER", tmp_path)
    with pytest.raises(NoRoom, match=r"Lo demás que envió está a salvo"):
        send()
    assert (rows(), files()) == ([], set())


def test_too_many_at_once_are_asked_to_wait(send, rows, monkeypatch):
    monkeypatch.setattr(inspection, "_here", threading.BoundedSemaphore(1))
    with inspection._here, pytest.raises(FilesBusy, match="Espere un minuto"):
        send()
    assert rows() == []


@pytest.mark.parametrize("at", ["put_file", "_mark_stored"])
def test_a_process_that_is_killed_on_its_way_is_followed_by_whoever_sends_again(
    at, app, ana, rows, files, send, monkeypatch
):
    """The row is there before the file and the file before the mark: sent again, it is the same row, whole."""

    def die(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with app.app_context():
        db.engine.dispose()  # a connection must not be shared with the child
    child = os.fork()
    if not child:
        monkeypatch.setattr(FolderStorage if at == "put_file" else uploads, at, die)
        with app.app_context():
            uploads.take(PAGE, io.BytesIO(PHOTO), ana)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    (row,) = rows()
    assert row.state is FileState.RECEIVING
    again = send()
    assert (again.id, again.state) == (row.id, FileState.STORED)
    assert files() == set(again.parts)


def test_a_changed_file_is_found_by_the_proof(send, call, app):
    file = send()
    assert call(integrity._every_file_that_was_sent_is_there).endswith(": 1.")
    path: Path = app.config["PORTAL"].storage_folder / file.storage_key
    path.write_bytes(b"something else")
    with pytest.raises(integrity.Unsound, match="cambió"):
        call(integrity._every_file_that_was_sent_is_there)
    path.unlink()
    with pytest.raises(integrity.Unsound, match="Faltan"):
        call(integrity._every_file_that_was_sent_is_there)
