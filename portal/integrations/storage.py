"""Where finished files are kept: written once under a random name, whole or not at all, never changed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
from pathlib import Path

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


class FolderStorage:
    """Files in a folder, outside anything that the web serves."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(folder)

    def put(self, key: str, data: bytes) -> bytes:
        """Keep `data` under `key`, once it would survive a power cut. The bytes kept: those of whoever came first.

        Raises OSError when nothing could be kept.
        """
        target = self._path(key)
        self._make_folders(target.parent)
        temporary = target.with_name(f".{target.name}.part")
        # The name is the same each time: what a killed process left is written over, never left behind.
        with open(temporary, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                if target.exists():
                    return target.read_bytes()
                file.truncate(0)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                os.replace(temporary, target)
                _sync_folder(target.parent)
            finally:
                with contextlib.suppress(OSError):
                    temporary.unlink()
        return data

    def get(self, key: str) -> bytes:
        """The bytes under `key`. Raises StorageMissing, also for a key that `put` can't have given."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise StorageMissing(key) from error

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise StorageMissing(key)
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
