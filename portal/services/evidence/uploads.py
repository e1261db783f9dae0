"""Files that people send: looked into, kept under a random name, given back to whoever may see them.

Sources: docs/rules.md, Files; docs/decisions/0007-files.md.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import structlog
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import scoped_session

from portal.domain import clock
from portal.domain.actor import Actor
from portal.domain.errors import DomainError, NotFound
from portal.domain.received_file import LARGEST, FileRefused, FilesBusy, FileState, NoRoom, Refusal
from portal.extensions import db
from portal.integrations import inspection
from portal.integrations.reception import Received, Source, TooLarge, receive
from portal.integrations.storage import Storage, StorageMissing, new_key
from portal.models import StoredFile
from portal.models.transaction import after_commit, end_reading, judged_anew, writing
from portal.services.controls import access_log
from portal.services.documents import store
from portal.services.platform import audit
from portal.settings import current_settings

log = structlog.get_logger(__name__)

_PIECE = 64 * 1024  # bytes
_LIVE = (FileState.RECEIVING, FileState.STORED)
# What a row says of the file, and not of where it belongs.
_OF_THE_FILE = {one.key for one in StoredFile.__table__.columns} - {"id", "revision", "owner_kind", "owner_id", "slot"}

# What follows for the thing that a file belongs to.
Follows = Callable[[StoredFile], None]


def _nothing(_file: StoredFile) -> None:
    """Of a place that asks its files."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file belongs: `slot` of the row `owner_id` of `owner_kind`, which takes up to `most` files. `is_page`: a
    printed page is expected, and it is told when it can't be read (B22)."""

    owner_kind: str
    owner_id: int
    slot: str
    most: int = 10
    is_page: bool = True


def take(
    place: Place, source: Source, sender: Actor, on_stored: Follows = _nothing, on_known: Follows = _nothing
) -> StoredFile:
    """Take in what `source` gives, for `place`. `on_stored` runs once a file, in the transaction from which on it is
    there, and may refuse it by a DomainError. The same file sent again is the one that is there already: `on_known`
    runs for that one, in no transaction.

    Raises FileRefused with the reason, FilesBusy, NoRoom when the trouble is the portal's own, and DomainError when the
    place has all that it takes. Whatever is raised, nothing of the file is left."""
    end_reading()  # a slow sender holds no transaction
    with _received(source) as received:
        file = _live(place, received.sha256)
        if file is None or file.state is FileState.RECEIVING:
            with _inspected(received, place) as found:
                file = file or judged_anew(lambda: _reserve(place, received, found, sender))
                _keep(file, found)
                if _mark_stored(file, sender, on_stored):
                    return file
    on_known(file)
    return file


def files_of(owner_kind: str, owner_id: int) -> Sequence[StoredFile]:
    """All that was sent for it and is not taken away, the oldest first; also what was lost and is to be sent again."""
    shown = (FileState.STORED, FileState.LOST)
    query = select(StoredFile).filter_by(owner_kind=owner_kind, owner_id=owner_id).where(StoredFile.state.in_(shown))
    return db.session.scalars(query.order_by(StoredFile.id)).all()


def content(file: StoredFile, actor: Actor) -> bytes:
    """What is kept of it, for somebody who may see it. Of the staff each look is recorded: it may hold health data or
    a face. Raises NotFound when it is not there."""
    kept = _bytes(file, file.storage_key)
    access_log.note_file(actor, _subject(file), file.id)
    return kept


def thumbnail(file: StoredFile, actor: Actor) -> bytes:
    """Its first page or picture, small, as JPEG, and the same of it; a look at all that were sent for the same thing is
    one look. Raises NotFound when it is not there."""
    kept = _bytes(file, file.thumbnail_key)
    access_log.note_thumbnails(actor, _subject(file))
    return kept


def move(file: StoredFile, place: Place) -> None:
    """Say where a file that arrives belongs after all, in the present transaction, which holds that. Raises DomainError
    when it has the file already, or all that it takes."""
    if _live(place, file.received_sha256) is not None:
        raise DomainError("Ya recibimos este archivo.")
    file.number = _free_number(place)
    file.owner_kind, file.owner_id, file.slot = place.owner_kind, place.owner_id, place.slot


def withdraw(file: StoredFile, actor: Actor) -> None:
    """Take a file away, in the present transaction; its bytes go once that has committed."""
    file.move_to(FileState.REMOVED)
    audit.record(actor, "file.remove", _subject(file), file_id=file.id)
    after_commit(lambda: _delete(file))


def share(file: StoredFile, place: Place, actor: Actor) -> None:
    """Let a file serve `place` too, in the present transaction, which holds its row: no copy of its bytes, which stay
    as long as either of the two does."""
    also = StoredFile(owner_kind=place.owner_kind, owner_id=place.owner_id, slot=place.slot)
    for name in _OF_THE_FILE:
        setattr(also, name, getattr(file, name))
    db.session.add(also)
    db.session.flush()
    audit.record(actor, "file.share", _subject(also), file_id=also.id, same_as=file.id)


@contextmanager
def _received(source: Source) -> Iterator[Received]:
    try:
        with receive(source, LARGEST) as received:
            yield received
    except TooLarge:
        raise FileRefused(Refusal.TOO_LARGE) from None
    except OSError as error:
        log.error("file_not_received", error=type(error).__name__)
        raise NoRoom from error


@contextmanager
def _inspected(received: Received, place: Place) -> Iterator[inspection.Inspected]:
    turns = current_settings().data_folder / "decoding"
    try:
        with inspection.inspect(received.file, turns, is_page=place.is_page) as found:
            yield found
    except inspection.Refused as refused:
        raise FileRefused(refused.refusal) from None
    except inspection.Busy:
        raise FilesBusy from None
    except (inspection.Unable, OSError) as error:
        log.error("file_not_inspected", error=type(error).__name__, reason=str(error))
        raise NoRoom from error


def _live(place: Place, received_sha256: str) -> StoredFile | None:
    query = select(StoredFile).where(*_lives_at(place), StoredFile.received_sha256 == received_sha256)
    return db.session.scalars(query).one_or_none()


def _lives_at(place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        StoredFile.owner_kind == place.owner_kind,
        StoredFile.owner_id == place.owner_id,
        StoredFile.slot == place.slot,
        StoredFile.state.in_(_LIVE),
    )


def _reserve(place: Place, received: Received, found: inspection.Inspected, sender: Actor) -> StoredFile:
    """The row, before there is a file. Of two that send the same at once, the second gets the first's. Raises
    IntegrityError when another took the place meanwhile, and DomainError when there is none."""
    file = StoredFile(
        owner_kind=place.owner_kind,
        owner_id=place.owner_id,
        slot=place.slot,
        sender_id=sender.account_id,
        received_sha256=received.sha256,
        received_size=received.size,
        type=found.type,
        storage_key=new_key(found.suffix),
        sha256=_hash(found.stored),
        size=_size(found.stored),
        thumbnail_key=new_key(".jpg"),
        thumbnail_sha256=_hash(found.thumbnail),
        pages=found.pages,
        width=found.width,
        height=found.height,
        flaw_names=" ".join(found.flaws),
    )
    with writing() as session:
        known = _live(place, received.sha256)
        if known is not None:
            return known
        file.number = _free_number(place)
        session.add(file)
    return file


def _free_number(place: Place) -> int:
    taken = set(db.session.scalars(select(StoredFile.number).where(*_lives_at(place))))
    for number in range(1, place.most + 1):
        if number not in taken:
            return number
    sent = "un archivo" if place.most == 1 else f"{place.most} archivos"
    raise DomainError(f"Ya envió {sent} aquí. Quite uno para enviar otro.")


def _keep(file: StoredFile, found: inspection.Inspected) -> None:
    """Put the bytes where the row says. Raises NoRoom, after the row was ended and what was put taken away."""
    storage, file_id = store.storage(), file.id
    files = {file.storage_key: found.stored, file.thumbnail_key: found.thumbnail}
    end_reading()
    try:
        for key, bytes_of in files.items():
            storage.put_file(key, bytes_of)
    except OSError as error:
        log.error("file_not_stored", error=type(error).__name__, file_id=file_id)
        _give_up(file_id)
        raise NoRoom from error


def _mark_stored(file: StoredFile, sender: Actor, on_stored: Follows) -> bool:
    """Whether it is there from now on: not when somebody sent the same at once and was first. Raises NoRoom when theirs
    was given up, and their bytes with it."""
    file_id = file.id
    try:
        with writing() as session:
            _locked(session, file_id)
            if file.state is not FileState.RECEIVING:
                if file.state is FileState.STORED:
                    return False
                raise NoRoom
            file.move_to(FileState.STORED)
            file.stored_at = clock.now()
            on_stored(file)
            facts = {"file_id": file.id, "slot": file.slot, "sha256": file.sha256}
            audit.record(sender, "file.receive", _subject(file), **facts)
    except DomainError:
        _give_up(file_id)
        raise
    return True


def _give_up(file_id: int) -> None:
    with writing() as session:
        file = _locked(session, file_id)
        if file.state is FileState.RECEIVING:
            file.move_to(FileState.REMOVED)
        elif file.state is not FileState.REMOVED:
            return  # somebody who sent the same at once could keep it
    _delete(file)


def _locked(session: scoped_session[Any], file_id: int) -> StoredFile:
    """As it is now: of two that send the same at once, one may have marked it stored meanwhile."""
    query = select(StoredFile).filter_by(id=file_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _delete(file: StoredFile) -> None:
    """Take its bytes away, unless they serve another place; what can't be now, the search for orphans takes later."""
    parts = file.parts
    serves = exists().where(StoredFile.storage_key == file.storage_key, StoredFile.state != FileState.REMOVED)
    serves_another = db.session.scalar(select(serves))
    end_reading()
    if serves_another:
        return
    storage: Storage = store.storage()
    for key in parts:
        with contextlib.suppress(OSError):
            storage.delete(key)


def _bytes(file: StoredFile, key: str) -> bytes:
    if file.state is not FileState.STORED:
        raise NotFound
    try:
        return store.storage().get(key)
    except StorageMissing:
        log.error("file_missing", file_id=file.id)
        raise NotFound from None


def _hash(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _size(file: BinaryIO) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size


def _subject(file: StoredFile) -> str:
    return f"{file.owner_kind}:{file.owner_id}"
