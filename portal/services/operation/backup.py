"""A copy of the whole portal, and the portal again from a copy.

A copy is a folder: the database of one moment, the files its documents name, and a manifest with the hash of each part.
The database is taken first and the files after: they never change, so every file that the database knows is there. It
is written beside its place and renamed at the end: a folder with that name is a whole copy.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, table
from sqlalchemy.exc import SQLAlchemyError

from portal.domain import clock
from portal.extensions import db
from portal.integrations.dumps import Contents, DumpFailed, engine_for
from portal.integrations.storage import FolderStorage, Storage, StorageMissing
from portal.integrations.stores import store_of
from portal.models.transaction import writing
from portal.services.authentication import sessions
from portal.services.operation import copies, integrity, schema
from portal.services.platform import heartbeats
from portal.settings import current_settings

_FORMAT = 1
_MANIFEST = "manifest.json"
_FILES = "files"
_CHUNK = 1 << 20


class BackupRefused(Exception):
    """Its words say what is wrong and what to do. Nothing was changed, unless they say so."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`parts`: SHA-256 of each file of the copy, by its path in it. `damaged`: documents whose file was missing or
    changed when the copy was made."""

    format: int
    made_at: str
    database: str
    revision: str
    counts: dict[str, int]
    parts: dict[str, str]
    damaged: list[str]


def make(folder: Path) -> Manifest:
    """Write a copy to `folder`, which must not exist yet, and let the alarms know how it went. Raises BackupRefused."""
    began_at = clock.now()
    try:
        made = _make(folder)
    except BackupRefused:
        copies.record(began_at, is_made=False)
        raise
    copies.record(began_at, is_made=True, damaged=len(made.damaged))
    return made


def _make(folder: Path) -> Manifest:
    if folder.exists():
        raise BackupRefused(f"{folder} ya existe. Indique una carpeta nueva.")
    with _in_words(), _workplace(folder) as workplace:
        dump = engine_for(current_settings().database_url)
        database = workplace / dump.filename
        contents = dump.save(database)
        os.chmod(database, 0o600)
        damaged = _copy_files(contents, workplace / _FILES)
        kept = {f"{_FILES}/{key}": digest for key, digest in contents.files.items() if key not in damaged}
        manifest = Manifest(
            format=_FORMAT,
            made_at=clock.now().isoformat(timespec="seconds"),
            database=dump.kind,
            revision=contents.revision,
            counts=contents.counts,
            parts={dump.filename: _hash(database)} | kept,
            damaged=damaged,
        )
        (workplace / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n")
        for written in (database, workplace / _MANIFEST, workplace):
            _sync(written)
        workplace.rename(folder)
        _sync(folder.parent)
    return manifest


def restore(folder: Path, *, replace: bool = False) -> list[str]:
    """Bring the configured database and files to what `folder` holds; what was proved afterwards, in words.

    Every session in it is ended. Raises BackupRefused before anything is touched when the copy is not whole, not of
    this release's schema, the target is not empty and `replace` is False, or a process of the portal uses it; and after
    it when something that must hold does not.
    """
    manifest = _checked(folder)
    settings = current_settings()
    with _in_words():
        dump = engine_for(settings.database_url)
        if manifest.database != dump.kind:
            raise BackupRefused(f"La copia es de {manifest.database} y DATABASE_URL es de {dump.kind}.")
        if manifest.revision != schema.head():
            raise BackupRefused(
                f"La copia es del esquema {manifest.revision} y esta versión usa el {schema.head()}. "
                "Restáurela con la versión que la hizo y actualice después."
            )
        if dump.filename not in manifest.parts:
            raise BackupRefused(f"A la copia le falta {dump.filename}. No se cambió nada.")
        dump.check(folder / dump.filename)
        is_empty = dump.is_empty()
        if not replace and not (is_empty and _has_no_files(store_of(settings))):
            raise BackupRefused("El destino no está vacío. Para reemplazar lo que tiene, agregue --replace.")
        if not is_empty and _is_at_work():
            raise BackupRefused("El portal está en marcha. Deténgalo, espere un minuto y restaure. No se cambió nada.")
        db.session.remove()
        db.engine.dispose()
        if not is_empty and dump.is_in_use():
            raise BackupRefused(
                "Algún proceso del portal está conectado a la base de datos. Deténgalos todos, también los de la web, "
                "y restaure. No se cambió nada."
            )
        _bring_files(folder, manifest, store_of(settings))
        dump.load(folder / dump.filename)
    with writing():  # first: one that was closed since would be open again for whoever kept its cookie
        ended = sessions.close_everybodys()
    try:
        proved = _proved(manifest)
    finally:
        with writing():  # last, since they are counted; and whatever was proved, so that another restore may follow
            heartbeats.forget_copied()
    return [
        f"Las {len(manifest.parts)} partes de la copia están completas.",
        *proved,
        f"Las sesiones que la copia tenía abiertas ({ended}) se cerraron: cada persona ingresa otra vez.",
    ]


def _proved(manifest: Manifest) -> list[str]:
    found = {name: _count(name) for name in manifest.counts}
    for name, number in manifest.counts.items():
        if found[name] != number:
            raise BackupRefused(f"Se restauró, pero la tabla {name} tiene {found[name]} filas en vez de {number}.")
    if schema.of_database() != manifest.revision:
        raise BackupRefused(f"Se restauró, pero el esquema no es {manifest.revision}.")
    try:
        proved = integrity.prove()
    except integrity.Unsound as unsound:
        raise BackupRefused(f"Se restauró, pero no está bien: {unsound}") from unsound
    rows = sum(found.values())
    return [f"El esquema es {manifest.revision}; {len(found)} tablas con sus {rows} filas.", *proved]


def _count(name: str) -> int:
    return db.session.scalar(select(func.count()).select_from(table(name))) or 0


def _checked(folder: Path) -> Manifest:
    """The manifest, once every part is there with its hash."""
    try:
        told: dict[str, Any] = json.loads((folder / _MANIFEST).read_text())
        manifest = Manifest(**told)
    except FileNotFoundError:
        raise BackupRefused(f"{folder} no es una copia: no tiene {_MANIFEST}.") from None
    except (ValueError, TypeError):
        raise BackupRefused(f"El {_MANIFEST} de la copia no se puede leer.") from None
    if manifest.format != _FORMAT:
        raise BackupRefused("La copia es de otra versión del portal.")
    for name, digest in manifest.parts.items():
        part = folder / name
        if not part.is_file():
            raise BackupRefused(f"A la copia le falta {name}. No se cambió nada.")
        if _hash(part) != digest:
            raise BackupRefused(f"{name} de la copia está dañado: su huella no coincide. No se cambió nada.")
    return manifest


def _copy_files(contents: Contents, target: Path) -> list[str]:
    """Copy each file that a document names; the keys of those that are not as they were kept."""
    here, there = store_of(current_settings()), FolderStorage(target)
    damaged = []
    for key, digest in contents.files.items():
        try:
            data = here.get(key)
        except StorageMissing:
            damaged.append(key)
            continue
        if hashlib.sha256(data).hexdigest() == digest:
            there.put(key, data)
        else:
            damaged.append(key)
    return damaged


def _bring_files(folder: Path, manifest: Manifest, there: Storage) -> None:
    here = FolderStorage(folder / _FILES)
    for name in manifest.parts:
        place, _, key = name.partition("/")
        if place == _FILES:
            data = here.get(key)
            if there.put(key, data) != data:  # what stands there under that name was damaged
                there.delete(key)
                there.put(key, data)


def _is_at_work() -> bool:
    """Whether a process would go on with what is replaced: with a charge that the copy knows nothing of."""
    try:
        return bool(heartbeats.alive())
    except SQLAlchemyError:
        return False  # of an older schema, or so broken that it is replaced for it


def _has_no_files(storage: Storage) -> bool:
    return next(storage.all(), None) is None


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A private folder beside `folder`; what is left of it at the end is removed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield workplace
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except DumpFailed as failed:
        raise BackupRefused(str(failed)) from failed
    except OSError as failed:
        raise BackupRefused(
            f"No se pudo leer o escribir {failed.filename or 'los archivos'}: {failed.strerror}."
        ) from failed


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
