"""What a request brings: each text of a form or a query without what nobody sees, and its figures those of the
keyboard, whoever reads it then."""

import contextlib
from typing import IO, Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from portal.domain import typed


class Sent(ImmutableMultiDict[str, Any]):
    """The fields of a form, its file parts, or the words of a query. `raw` is what came."""

    def __init__(self, mapping: Any = None) -> None:
        self.raw: ImmutableMultiDict[str, Any] = ImmutableMultiDict(mapping)
        super().__init__((name, _cleaned(value)) for name, value in self.raw.items(multi=True))


class PortalRequest(Request):
    """A request whose form and query are read cleaned, and which leaves no file open: neither one of a body that was
    given up in its middle."""

    parameter_storage_class = Sent

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._streams: list[IO[bytes]] = []

    def _get_file_stream(self, *args: Any, **named: Any) -> IO[bytes]:
        self._streams.append(super()._get_file_stream(*args, **named))
        return self._streams[-1]

    def close(self) -> None:
        super().close()
        for stream in self._streams:
            with contextlib.suppress(OSError):  # what it still wanted to write to a full disk
                stream.close()


def as_sent(values: MultiDict[str, str]) -> MultiDict[str, str]:
    """The fields of the present form, or the words of its query, untouched: for a password, compared as somebody chose
    it, and for an address, which nobody types."""
    return values.raw if isinstance(values, Sent) else values


def holds_nul(values: MultiDict[str, str]) -> bool:
    """Whether a name or a text among them holds the one letter that PostgreSQL keeps of nothing."""
    return any("\0" in name or "\0" in value for name, value in as_sent(values).items(multi=True))


def is_utf8(raw: bytes) -> bool:
    """Whether the bytes are text as every page of ours sends it."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def has_body(request: Request) -> bool:
    """Whether anything was sent beside the address and its headers."""
    return bool(request.content_length) or "Transfer-Encoding" in request.headers


def _cleaned(value: Any) -> Any:
    return typed.figures(typed.clean(value)) if isinstance(value, str) else value
