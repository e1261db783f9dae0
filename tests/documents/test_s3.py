"""Files in a store that speaks S3: the same promises as in a folder."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto.server import ThreadedMotoServer

from portal.integrations.s3 import S3Storage, StoreUnavailable
from portal.integrations.storage import StorageMissing, new_key
from portal.settings import Settings, UnsafeSettings


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def url(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    bucket = f"files-{new_key('.x')[6:16]}"
    boto3.client("s3", endpoint_url=server, region_name="us-east-1").create_bucket(Bucket=bucket)
    return f"s3://{bucket}/portal?endpoint={server}"


@pytest.fixture
def store(url: str) -> S3Storage:
    return S3Storage(url)


def test_what_was_put_is_got_again(store: S3Storage, url: str) -> None:
    key, other = new_key(".pdf"), new_key(".jpg")
    assert store.put(key, b"%PDF-1.4") == b"%PDF-1.4"
    store.put_file(other, io.BytesIO(b"jpeg"))
    assert (store.get(key), S3Storage(url).get(other)) == (b"%PDF-1.4", b"jpeg")
    assert {kept.key for kept in store.all()} == {key, other}
    assert all(kept.at.tzinfo for kept in store.all())
    assert {kept.key for kept in store.all(key[0])} == {one for one in (key, other) if one[0] == key[0]}


def test_what_is_kept_never_changes(store: S3Storage) -> None:
    key = new_key(".pdf")
    store.put(key, b"first")
    assert store.put(key, b"second") == b"first"
    store.put_file(key, io.BytesIO(b"third"))
    assert store.get(key) == b"first"


def test_many_at_once_keep_the_bytes_of_one(store: S3Storage) -> None:
    key, together = new_key(".pdf"), threading.Barrier(4)

    def put(number: int) -> bytes:
        together.wait()
        return store.put(key, bytes([number]) * 10_000)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(put, range(4)))
    assert store.get(key) in answers


def test_what_is_taken_away_is_gone(store: S3Storage) -> None:
    key = new_key(".pdf")
    store.put(key, b"x")
    assert store.has(key)
    store.delete(key)
    store.delete(key)
    assert not store.has(key)
    with pytest.raises(StorageMissing):
        store.get(key)


@pytest.mark.parametrize("key", ["", "../x", "ab/cd/" + "0" * 32 + ".pdf"])
def test_a_key_that_was_never_given_has_no_file(key: str, store: S3Storage) -> None:
    with pytest.raises(StorageMissing):
        store.get(key)
    assert not store.has(key)


def test_a_store_that_is_away_is_an_error_of_the_store(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = "http://127.0.0.1:1"
    store = S3Storage(f"s3://files/portal?endpoint={nobody}")
    for ask in (
        lambda: store.put(new_key(".pdf"), b"x"),
        lambda: store.put_file(new_key(".pdf"), io.BytesIO(b"x")),
        lambda: store.get(new_key(".pdf")),
        lambda: store.has(new_key(".pdf")),
        lambda: list(store.all()),
    ):
        with pytest.raises(StoreUnavailable) as told:
            ask()
        assert isinstance(told.value, OSError)


def test_a_bucket_that_is_not_there_is_an_error_of_the_store(url: str) -> None:
    wrong = S3Storage(url.replace("s3://files-", "s3://other-"))
    with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
        wrong.put(new_key(".pdf"), b"x")


def test_files_of_others_in_the_bucket_are_not_ours(store: S3Storage, url: str) -> None:
    S3Storage(url.replace("/portal?", "/other?")).put(new_key(".pdf"), b"x")
    store._client.put_object(Bucket=store._bucket, Key="portal/leame.txt", Body=b"x")
    assert list(store.all()) == []


@pytest.mark.parametrize("url", ["s3://", "ftp://x/y", "/srv/files"])
def test_a_store_that_cannot_be_is_told_at_the_start(url: str) -> None:
    with pytest.raises(UnsafeSettings, match="STORAGE_URL must be a folder, file:///…, or a bucket, s3://…"):
        Settings.from_env({"STORAGE_URL": url})
