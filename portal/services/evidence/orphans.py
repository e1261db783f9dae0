"""Rows without their file and files without their row: found, and mended where that can be.

Neither comes of sending (docs/decisions/0007-files.md), but of a process that was killed on its way, of a store that
was brought back to another moment than the database, or of a hand.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice, pairwise

import structlog
from sqlalchemy import select, union_all
from sqlalchemy.exc import IntegrityError

from portal.domain import clock
from portal.domain.received_file import FileState
from portal.extensions import db
from portal.integrations.storage import Storage
from portal.models import Document, StoredFile
from portal.models.transaction import NOT_THE_KEY, end_reading, writing
from portal.services.documents import store

log = structlog.get_logger(__name__)

_RECEIVED_WITHIN = timedelta(hours=1)  # a file is looked into and kept in seconds
_UNCLAIMED_FOR = timedelta(days=7)  # until then a restored database may still be brought forward again
_AT_A_TIME = 500
_BEGINNINGS = "0123456789abcdefg"  # of keys, and what comes after the last: so many are compared at a time


@dataclass(slots=True)
class Mended:
    """How many of each: rows that never got their file, rows whose file is gone, those whose file is back, and files
    that no row names."""

    unfinished: int = 0
    lost: int = 0
    found_again: int = 0
    unclaimed: int = 0


def mend() -> Mended:
    """Look for both kinds, and mend: a file that never came is taken back, one that is gone is asked for again, one
    that nobody names is deleted after a week. May run twice at once. Raises OSError when the store is away."""
    storage, mended = store.storage(), Mended()
    _end_unfinished(mended)
    for beginning, following in pairwise(_BEGINNINGS):
        _compare(storage, beginning, following, mended)
    _find_again(storage, mended)
    if any((mended.unfinished, mended.lost, mended.found_again, mended.unclaimed)):
        log.warning(
            "files_mended",
            unfinished=mended.unfinished,
            lost=mended.lost,
            found_again=mended.found_again,
            unclaimed=mended.unclaimed,
        )
    return mended


def _end_unfinished(mended: Mended) -> None:
    """Their bytes, if any, are then files that no row names."""
    with writing() as session:
        late = select(StoredFile).where(
            StoredFile.state == FileState.RECEIVING, StoredFile.created_at < clock.now() - _RECEIVED_WITHIN
        )
        for file in session.scalars(late.limit(_AT_A_TIME).with_for_update(key_share=True)):
            file.move_to(FileState.REMOVED)
            mended.unfinished += 1


def _compare(storage: Storage, beginning: str, following: str, mended: Mended) -> None:
    """Lists against rows, those whose key begins so: a store is asked for thousands of names at once."""
    there = {kept.key: kept.at for kept in storage.all(beginning)}
    named = _named(beginning, following)
    for file_id in {file_id for key, of_key in named.items() if key not in there for file_id in of_key}:
        _look(storage, file_id, mended)
    old = (key for key, at in there.items() if key not in named and at < clock.now() - _UNCLAIMED_FOR)
    for keys in _batches(old):
        for key in keys - _claimed(keys):
            storage.delete(key)
            mended.unclaimed += 1


def _named(beginning: str, following: str) -> dict[str, set[int]]:
    """The keys that files have which are there, each with the rows that name it."""
    keys = (StoredFile.storage_key, StoredFile.thumbnail_key)
    asked = (
        select(key, StoredFile.id).where(StoredFile.state == FileState.STORED, key >= beginning, key < following)
        for key in keys
    )
    named: dict[str, set[int]] = {}
    for query in asked:
        for key, file_id in db.session.execute(query):
            named.setdefault(str(key), set()).add(file_id)
    end_reading()
    return named


def _find_again(storage: Storage, mended: Mended) -> None:
    lost = db.session.scalars(select(StoredFile.id).filter_by(state=FileState.LOST)).all()
    for file_id in lost:
        _look(storage, file_id, mended)


def _look(storage: Storage, file_id: int, mended: Mended) -> None:
    """Whether all of it is there now: it may have come or gone while others were looked at."""
    parts = db.session.get_one(StoredFile, file_id).parts
    end_reading()
    is_whole = all(storage.has(key) for key in parts)
    _move(file_id, FileState.STORED if is_whole else FileState.LOST, mended)


def _move(file_id: int, target: FileState, mended: Mended) -> None:
    with contextlib.suppress(IntegrityError), writing() as session:  # sent again meanwhile: the old one stays lost
        file = session.get_one(StoredFile, file_id, with_for_update=NOT_THE_KEY)
        if file.state not in (FileState.STORED, FileState.LOST) or file.state is target:
            return
        file.move_to(target)
        session.flush()
        if target is FileState.LOST:
            mended.lost += 1
        else:
            mended.found_again += 1


def _batches(keys: Iterator[str]) -> Iterator[set[str]]:
    while batch := set(islice(keys, _AT_A_TIME)):
        yield batch


def _claimed(keys: set[str]) -> set[str]:
    """Those of them that some row names."""
    not_removed = StoredFile.state != FileState.REMOVED
    named = db.session.scalars(
        union_all(
            select(StoredFile.storage_key).where(StoredFile.storage_key.in_(keys), not_removed),
            select(StoredFile.thumbnail_key).where(StoredFile.thumbnail_key.in_(keys), not_removed),
            select(Document.storage_key).where(Document.storage_key.in_(keys)),
            select(Document.reserved_key).where(Document.reserved_key.in_(keys), Document.storage_key.is_(None)),
        )
    ).all()
    end_reading()
    return {str(key) for key in named}
