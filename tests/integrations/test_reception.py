"""A stranger's file as it comes in."""

import hashlib
import io

import pytest

from portal.domain.received_file import LARGEST
from portal.integrations.reception import TooLarge, receive


class Endless:
    """Somebody who never stops sending; `given` in bytes."""

    given = 0

    def read(self, size: int, /) -> bytes:
        self.given += size
        return bytes(size)


def test_what_came_is_counted_and_hashed():
    data = bytes(range(256)) * 1000
    with receive(io.BytesIO(data), LARGEST) as received:
        assert (received.size, received.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert received.file.read() == data


def test_ten_megabytes_are_taken_and_a_byte_more_is_not():
    with receive(io.BytesIO(bytes(LARGEST)), LARGEST) as received:
        assert received.size == 10 * 1024 * 1024
    with pytest.raises(TooLarge), receive(io.BytesIO(bytes(LARGEST + 1)), LARGEST):
        pass


def test_no_more_is_read_than_what_tells_that_it_is_too_much():
    source = Endless()
    with pytest.raises(TooLarge), receive(source, 1_000_000):
        pass
    assert source.given < 1_100_000


def test_of_nothing_nothing_is_received():
    with receive(io.BytesIO(b""), LARGEST) as received:
        assert received.size == 0
