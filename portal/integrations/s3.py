"""Files in a store that speaks S3, as Amazon's and many others do."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from portal.integrations.storage import Kept, StorageMissing, check_key

# Stores other than Amazon's answer the checksums that boto3 adds by itself with errors about signatures.
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=15,
    retries={"total_max_attempts": 3, "mode": "standard"},
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_THERE_ALREADY = {"PreconditionFailed", "ConditionalRequestConflict"}
_MISSING = {"NoSuchKey", "404"}


class StoreUnavailable(OSError):
    """The store is away, or would not. Its words name no key and no secret."""


class S3Storage:
    """Files in a bucket: `s3://bucket/prefix?endpoint=https://…&region=…`; who we are is said by AWS_ACCESS_KEY_ID and
    AWS_SECRET_ACCESS_KEY, or as boto3 finds it else."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self._bucket, prefix = parts.netloc, parts.path.strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._client: Any = boto3.session.Session().client(
            "s3", endpoint_url=query.get("endpoint"), region_name=query.get("region", "us-east-1"), config=_CONFIG
        )

    def put(self, key: str, data: bytes) -> bytes:
        """Keep `data`, unless somebody came first: the bytes that are kept."""
        return data if self._write(key, io.BytesIO(data)) else self.get(key)

    def put_file(self, key: str, file: BinaryIO) -> None:
        """Keep what `file` holds, unless somebody came first."""
        self._write(key, file)

    def get(self, key: str) -> bytes:
        """The bytes under `key`. Raises StorageMissing."""
        with _answering(key):
            data: bytes = self._client.get_object(**self._place(key))["Body"].read()
            return data

    def has(self, key: str) -> bool:
        """Whether there is a file under `key`."""
        with contextlib.suppress(StorageMissing), _answering(key):
            self._client.head_object(**self._place(key))
            return True
        return False

    def delete(self, key: str) -> None:
        """Take away the file under `key`. One by one: for many at once stores ask for checksums of their own."""
        with _answering(key):
            self._client.delete_object(**self._place(key))

    def all(self, beginning: str = "") -> Iterator[Kept]:
        """Every file under our prefix whose key begins so; a thousand a question."""
        place = {"Bucket": self._bucket, "Prefix": f"{self._prefix}{beginning}"}
        pages = self._client.get_paginator("list_objects_v2").paginate(**place)
        with _answering(self._prefix):
            for page in pages:
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(self._prefix)
                    with contextlib.suppress(StorageMissing):
                        check_key(key)
                        yield Kept(key, found["LastModified"])

    def _write(self, key: str, file: BinaryIO) -> bool:
        """Whether it was written by us: a whole object or none, and none over another."""
        place = self._place(key)
        try:
            with _answering(key):
                self._client.put_object(**place, Body=file, IfNoneMatch="*")
        except _ThereAlready:
            return False
        return True

    def _place(self, key: str) -> dict[str, str]:
        check_key(key)
        return {"Bucket": self._bucket, "Key": f"{self._prefix}{key}"}


class _ThereAlready(Exception):
    """Somebody came first."""


@contextlib.contextmanager
def _answering(key: str) -> Iterator[None]:
    """The store's errors as ours: StorageMissing, _ThereAlready, and StoreUnavailable for whatever else."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise StorageMissing(key) from error
        if code in _THERE_ALREADY:
            raise _ThereAlready from error
        raise StoreUnavailable(f"the store answered {code}") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"the store does not answer: {type(error).__name__}") from error
