"""HTTP that ends in time whatever the other side does.

httpx bounds each read, not the exchange: a server that sends one byte every few seconds would hold a worker for hours.
Here a connection lives for `Patience.total` seconds and serves one exchange, so the exchange cannot outlive it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from portal.logs import request_id

#: Bytes of a body that we are willing to read. But for a day's settlement, the longest true answer of the bank is its
#: list of entities, which is far below.
MAX_BODY = 256 * 1024


@dataclass(frozen=True)
class Patience:
    """Seconds that we wait: for a connection, for the next bytes, and for the whole exchange."""

    connect: float = 3.0
    read: float = 10.0
    total: float = 12.0


@dataclass(frozen=True)
class Answer:
    """A whole answer: its status and the body as it was sent."""

    status: int
    body: bytes


class TooLong(httpx.TransportError):
    """The body went on past what may be read."""


def client(base_url: str, headers: dict[str, str], patience: Patience, verification: ssl.SSLContext) -> httpx.Client:
    """A client without redirects, retries, proxies of the environment, or kept connections.

    No connection is used twice: one that the server closes in the very moment we write on it looks like a request that
    may have been received, and a payment would turn unknown for nothing.
    """
    transport = httpx.HTTPTransport(verify=verification, trust_env=False)
    # httpx offers no way to hand a network backend to its transport; httpcore's pool does.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=verification,
        max_connections=None,
        max_keepalive_connections=0,
        retries=0,
        network_backend=_BoundedBackend(patience.total),
    )
    return httpx.Client(
        base_url=base_url,
        headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
        timeout=httpx.Timeout(patience.read, connect=patience.connect, pool=patience.connect),
        transport=transport,
        follow_redirects=False,
        trust_env=False,
        event_hooks={"request": [_name_the_request]},
    )


def verification(base_url: str) -> ssl.SSLContext:
    """How a server proves itself: by the public authorities, or those of SSL_CERT_FILE where a bank has its own.

    For plain http: a context that trusts nobody, which spares reading them.
    """
    if base_url.lower().startswith("http://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.create_ssl_context()


def exchange(http: httpx.Client, method: str, path: str, longest: int = MAX_BODY, **request: Any) -> Answer:
    """One request, one whole answer of at most `longest` bytes. Raises `httpx.HTTPError` (see `never_sent`)."""
    with http.stream(method, path, **request) as response:
        body = bytearray()
        # Raw: an answer compressed against our wish is not unpacked, so it cannot swell.
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > longest:
                raise TooLong("answer too long", request=response.request)
        return Answer(response.status_code, bytes(body))


def _name_the_request(request: httpx.Request) -> None:
    """Both sides can tell which call of theirs belongs to which request of ours."""
    found = request_id()
    if found:
        request.headers["X-Request-ID"] = found


def never_sent(error: httpx.HTTPError) -> bool:
    """Whether the request certainly stayed here: there was no connection to write it on."""
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


class _BoundedBackend(httpcore.NetworkBackend):
    """Opens connections that end `total` seconds after we began to open them."""

    def __init__(self, total: float) -> None:
        self._total = total
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        deadline = time.monotonic() + self._total
        stream = self._sockets.connect_tcp(host, port, timeout, local_address, socket_options)
        if time.monotonic() >= deadline:  # a slow name server, or many addresses
            stream.close()
            raise httpcore.ConnectTimeout("no time left after connecting")
        return _BoundedStream(stream, deadline)


class _BoundedStream(httpcore.NetworkStream):
    """A connection whose every wait is cut to what is left until the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def _left(self, timeout: float | None, late: type[httpcore.TimeoutException]) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise late("the exchange took too long")
        return left if timeout is None else min(timeout, left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._left(timeout, httpcore.ConnectTimeout)
        return _BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
