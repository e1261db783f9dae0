"""Where finished files are kept: written once under a random name, whole or not at all, never changed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, Protocol

_PIECE = 64 * 1024  # bytes
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_KEY = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{28}\.[a-z0-9]{1,8}")


class StorageMissing(Exception):
    """There is no file under that key."""


def new_key(suffix: str) -> str:
    """A key that nothing was kept under yet, to be written on a row before its file. `suffix` as in ".pdf"."""
    if not _SUFFIX.fullmatch(suffix):
        raise ValueError(f"{suffix!r} is not a file's suffix")
    name = secrets.token_hex(16)
    return f"{name[:2]}/{name[2:4]}/{name}{suffix}"


def check_key(key: str) -> None:
    """Raises StorageMissing for a key that `new_key` can't have given."""
    if not _KEY.fullmatch(key):
        raise StorageMissing(key)


class Kept(NamedTuple):
    """A file that is there: its key, and when it was put."""

    key: str
    at: datetime


class Storage(Protocol):
    """Where files are. Each raises OSError when the store is full, away, or will not."""

    def put(self, key: str, data: bytes) -> bytes:
        """Keep `data` under `key`, once it would survive a power cut. The bytes kept: those of whoever came first."""

    def put_file(self, key: str, file: BinaryIO) -> None:
        """The same with what `file` holds, piece by piece, so that memory holds none of it."""

    def get(self, key: str) -> bytes:
        """The bytes under `key`. Raises StorageMissing, also for a key that `put` can't have given."""

    def has(self, key: str) -> bool:
        """Whether there is a file under `key`."""

    def delete(self, key: str) -> None:
        """Take away the file under `key`; nothing when there is none. Only for what no row names any more."""

    def all(self, beginning: str = "") -> Iterator[Kept]:
        """Every file, or those whose key begins with that figure, in no order."""


class FolderStorage:
    """Files in a folder, outside anything that the web serves."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(folder)

    def put(self, key: str, data: bytes) -> bytes:
        """Keep `data`, unless somebody came first: the bytes that are kept."""
        return data if self._write(key, lambda target: target.write(data)) else self.get(key)

    def put_file(self, key: str, file: BinaryIO) -> None:
        """Keep what `file` holds, unless somebody came first."""
        self._write(key, lambda target: shutil.copyfileobj(file, target, _PIECE))

    def _write(self, key: str, write: Callable[[IO[bytes]], object]) -> bool:
        """Whether it was written by us; False when the file was there."""
        target = self._path(key)
        self._make_folders(target.parent)
        temporary = target.with_name(f".{target.name}.part")
        # The name is the same each time: what a killed process left is written over, never left behind.
        with open(temporary, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                if target.exists():
                    return False
                file.truncate(0)
                write(file)
                file.flush()
                os.fsync(file.fileno())
                os.replace(temporary, target)
                _sync_folder(target.parent)
            finally:
                with contextlib.suppress(OSError):
                    temporary.unlink()
        return True

    def get(self, key: str) -> bytes:
        """The bytes under `key`. Raises StorageMissing."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise StorageMissing(key) from error

    def has(self, key: str) -> bool:
        """Whether there is a file under `key`."""
        return bool(_KEY.fullmatch(key)) and self._path(key).is_file()

    def delete(self, key: str) -> None:
        """Take away the file under `key`, if there is one."""
        self._path(key).unlink(missing_ok=True)

    def all(self, beginning: str = "") -> Iterator[Kept]:
        """Every file whose key begins so, but what is being written."""
        for path in self._folder.glob(f"{beginning}*/??/*"):
            key = path.relative_to(self._folder).as_posix()
            if _KEY.fullmatch(key):
                with contextlib.suppress(FileNotFoundError):  # somebody took it away meanwhile
                    yield Kept(key, datetime.fromtimestamp(path.stat().st_mtime, UTC))

    def _path(self, key: str) -> Path:
        check_key(key)
        return self._folder / key

    def _make_folders(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for one in missing:
            _sync_folder(one.parent)  # the new folder's name is on disk before its file's is


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
