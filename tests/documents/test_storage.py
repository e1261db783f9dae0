"""Files that are kept: whole or not at all, and only under keys that the store gave."""

import os
from pathlib import Path

import pytest

from portal.integrations import storage
from portal.integrations.storage import FolderStorage, StorageMissing


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_put_is_got_again(tmp_path: Path) -> None:
    store = FolderStorage(tmp_path / "files")
    key = store.put(b"%PDF-1.4", ".pdf")
    assert store.get(key) == b"%PDF-1.4"
    assert FolderStorage(tmp_path / "files").get(key) == b"%PDF-1.4"


def test_the_same_bytes_twice_are_two_files(tmp_path: Path) -> None:
    store = FolderStorage(tmp_path)
    assert store.put(b"x", ".pdf") != store.put(b"x", ".pdf")


def test_keys_are_random_names_in_two_levels_of_folders(tmp_path: Path) -> None:
    key = FolderStorage(tmp_path).put(b"x", ".pdf")
    first, second, name = key.split("/")
    assert name.startswith(first + second)
    assert len(name) == 32 + len(".pdf")
    assert (tmp_path / key).is_file()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "../../etc/passwd",
        "/etc/passwd",
        "ab/cd/../../../secret.pdf",
        "ab/cd/abcd" + "0" * 28 + ".pdf",
        "ab/ce/abcd" + "0" * 28 + ".pdf",
        "ab/cd/abcd" + "0" * 28 + ".pdf\n",
    ],
)
def test_a_key_that_was_never_given_has_no_file(key: str, tmp_path: Path) -> None:
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    with pytest.raises(StorageMissing):
        FolderStorage(tmp_path / "files").get(key)


@pytest.mark.parametrize("suffix", ["pdf", "", "./../x", ".PDF/", ".p f"])
def test_a_strange_suffix_is_refused(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="suffix"):
        FolderStorage(tmp_path).put(b"x", suffix)


def test_a_write_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    store = FolderStorage(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        store.put(b"x" * 1000, ".pdf")
    assert files(tmp_path) == []


def test_the_bytes_are_on_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStorage(tmp_path)
    store.put(b"first", ".pdf")
    steps: list[str] = []
    sync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        sync(handle)

    def renamed(source: Path, target: Path) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(storage.os, "fsync", synced)
    monkeypatch.setattr(storage.os, "replace", renamed)
    store.put(b"second", ".pdf")
    at = steps.index("rename")
    assert steps[at - 1] == "file"
    assert steps[at + 1 :] == ["folder"]
