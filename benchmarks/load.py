"""How many requests a second a server answers: prepared bytes over a few connections that stay open.

The client is one process and costs the same for whatever is measured; what is compared are two rates of one run.
"""

from __future__ import annotations

import itertools
import re
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class WrongAnswer(Exception):
    """The server did not answer what was expected: nothing was measured."""


@dataclass(frozen=True)
class Prepared:
    """The bytes of a request, and the status that answers it."""

    raw: bytes
    status: int


def prepare(
    url: str, path: str, cookie: str, *, status: int = 200, form: dict[str, str] | None = None, fragment: bool = True
) -> Prepared:
    """A GET, or with `form` a POST, as htmx sends it (`fragment`) or as a page load."""
    body = urlencode(form).encode() if form is not None else b""
    method = "GET" if form is None else "POST"
    head = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", f"Cookie: {cookie}"]
    if fragment:
        head.append("HX-Request: true")
    if form is not None:
        head += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return Prepared("\r\n".join([*head, "", ""]).encode() + body, status)


@dataclass(frozen=True)
class Done:
    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def run(url: str, work: Sequence[Sequence[Prepared]], seconds: float) -> Done:
    """Keep asking; each element of `work` is a connection's requests, sent in turn again and again."""
    until = time.perf_counter() + seconds
    counts: list[int] = [0] * len(work)
    errors: list[BaseException] = []

    def keep_asking(index: int) -> None:
        try:
            with Connection(url) as connection:
                for request in itertools.cycle(work[index]):
                    if time.perf_counter() >= until:
                        return
                    connection.ask(request)
                    counts[index] += 1
        except BaseException as error:  # told to whoever measures, below
            errors.append(error)

    began = time.perf_counter()
    threads = [threading.Thread(target=keep_asking, args=(index,)) for index in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return Done(sum(counts), time.perf_counter() - began)


class Connection:
    """A connection that is opened again when the server closes it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (str(parts.hostname), int(parts.port or 80))
        self._socket: socket.socket | None = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._close()

    def ask(self, request: Prepared) -> bytes:
        """The whole answer. Raises WrongAnswer."""
        answer = self._exchange(request.raw)
        if not answer:  # closed by the server while it lay idle
            answer = self._exchange(request.raw)
        if not answer.startswith(f"HTTP/1.1 {request.status} ".encode()):
            raise WrongAnswer(f"{request.raw.split(b' HTTP')[0]!r}: {answer[:400]!r}")
        return answer

    def _exchange(self, raw: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._socket.sendall(raw)
            answer = b""
            while (end := answer.find(b"\r\n\r\n")) < 0:
                received = self._socket.recv(65536)
                if not received:
                    self._close()
                    return b""
                answer += received
            head = answer[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + int(length[1]) if length else end + 4
            while len(answer) < whole:
                answer += self._socket.recv(65536)
        except ConnectionError:
            self._close()
            return b""
        if b"connection: close" in head.lower():
            self._close()
        return answer

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
