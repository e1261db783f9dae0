"""Files that are kept: whole or not at all, and only under keys that the store gave."""

import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.integrations.storage import FolderStorage, StorageMissing, new_key


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_put_is_got_again(tmp_path: Path) -> None:
    store, key = FolderStorage(tmp_path / "files"), new_key(".pdf")
    assert store.put(key, b"%PDF-1.4") == b"%PDF-1.4"
    assert store.get(key) == b"%PDF-1.4"
    assert FolderStorage(tmp_path / "files").get(key) == b"%PDF-1.4"


def test_what_is_kept_never_changes(tmp_path: Path) -> None:
    store, key = FolderStorage(tmp_path), new_key(".pdf")
    store.put(key, b"first")
    assert store.put(key, b"second") == b"first"
    assert store.get(key) == b"first"
    assert files(tmp_path) == [tmp_path / key]


def test_many_at_once_keep_the_bytes_of_one(tmp_path: Path) -> None:
    store, key, together = FolderStorage(tmp_path), new_key(".pdf"), threading.Barrier(8)

    def put(number: int) -> bytes:
        together.wait()
        return store.put(key, bytes([number]) * 100_000)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(put, range(8)))
    assert answers == {store.get(key)}
    assert files(tmp_path) == [tmp_path / key]


def test_what_a_killed_process_left_half_written_is_written_over(tmp_path: Path) -> None:
    key = new_key(".pdf")
    half = tmp_path / Path(key).with_name(f".{Path(key).name}.part")
    half.parent.mkdir(parents=True)
    half.write_bytes(b"%PDF-1.4 and then no more" * 100)
    assert FolderStorage(tmp_path).put(key, b"whole") == b"whole"
    assert FolderStorage(tmp_path).get(key) == b"whole"
    assert files(tmp_path) == [tmp_path / key]


def test_keys_are_random_names_in_two_levels_of_folders(tmp_path: Path) -> None:
    key = new_key(".pdf")
    FolderStorage(tmp_path).put(key, b"x")
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


def test_nothing_is_kept_under_a_key_of_somebody_elses_making(tmp_path: Path) -> None:
    with pytest.raises(StorageMissing):
        FolderStorage(tmp_path / "files").put("../../secret.pdf", b"x")
    assert files(tmp_path) == []


@pytest.mark.parametrize("suffix", ["pdf", "", "./../x", ".PDF/", ".p f"])
def test_a_strange_suffix_is_refused(suffix: str) -> None:
    with pytest.raises(ValueError, match="suffix"):
        new_key(suffix)


def test_a_write_that_fails_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    store = FolderStorage(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        store.put(new_key(".pdf"), b"x" * 1000)
    assert files(tmp_path) == []


def test_the_bytes_are_on_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStorage(tmp_path)
    store.put("ab/cd/abcd" + "0" * 28 + ".pdf", b"first")
    steps: list[str] = []
    sync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        sync(handle)

    def renamed(source: Path, target: Path) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    store.put("ab/cd/abcd" + "1" * 28 + ".pdf", b"second")
    at = steps.index("rename")
    assert steps[at - 1] == "file"
    assert steps[at + 1 :] == ["folder"]


def test_a_file_is_kept_as_its_bytes_are(tmp_path: Path) -> None:
    store, key = FolderStorage(tmp_path), new_key(".jpg")
    store.put_file(key, io.BytesIO(b"x" * 200_000))
    store.put_file(key, io.BytesIO(b"later"))
    assert store.get(key) == b"x" * 200_000
    assert [kept.key for kept in store.all()] == [kept.key for kept in store.all(key[0])] == [key]
    assert list(store.all("0" if key[0] != "0" else "1")) == []


def test_what_is_taken_away_is_gone(tmp_path: Path) -> None:
    store, key = FolderStorage(tmp_path), new_key(".jpg")
    store.put(key, b"x")
    assert store.has(key)
    store.delete(key)
    store.delete(key)
    assert not store.has(key)
    assert not store.has("../secret.pdf")
    assert list(store.all()) == []


def test_what_is_being_written_is_not_there_yet(tmp_path: Path) -> None:
    half = tmp_path / Path(new_key(".jpg")).with_name(".half.part")
    half.parent.mkdir(parents=True)
    half.write_bytes(b"x")
    assert list(FolderStorage(tmp_path).all()) == []
