"""A stranger's file as it comes in: onto disk piece by piece, counted and hashed, so that memory holds none of it."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

_PIECE = 64 * 1024  # bytes


class TooLarge(Exception):
    """More came than is taken; the rest was not read."""


class Source(Protocol):
    """What comes in, to be read once."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, none at the end."""


@dataclass(frozen=True, slots=True)
class Received:
    """`file` is at its beginning, and has no name that anybody could find it by. `size` in bytes."""

    file: BinaryIO
    size: int
    sha256: str


@contextmanager
def receive(source: Source, largest: int) -> Iterator[Received]:
    """What `source` gives, on disk until the block ends. Raises TooLarge beyond `largest` bytes, and OSError when the
    disk is full."""
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as file:
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > largest:
                raise TooLarge
            digest.update(piece)
            file.write(piece)
        file.seek(0)
        yield Received(file, size, digest.hexdigest())
