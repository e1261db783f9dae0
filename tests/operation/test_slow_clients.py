"""Whoever sends drop by drop, or says nothing, holds a connection; pages go on being answered to everybody else."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.processes import PATIENCE, Running, until, web_server

SLOW = 32
HEAD = b"POST /ingresar HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
#: What each says first, and then, one letter after the other.
WAYS = {
    "a line that does not end": (b"G", b"ET /"),
    "headers that do not end": (HEAD, b"X-Slow: 1\r\n"),
    "a body that does not come": (HEAD + b"Content-Length: 300\r\n\r\n", b"usuario=juana"),
    "a body in pieces": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"3\r\nusu\r\n3\r\nari\r\n"),
    "a body that is announced": (HEAD + b"Content-Length: 300\r\nExpect: 100-continue\r\n\r\n", b"usuario=juana"),
    "nothing at all": (b"", b""),
}
GET = b"GET /ingresar HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def server(app: Flask, portal_env: dict[str, str], tmp_path: Path) -> Iterator[tuple[tuple[str, int], Running]]:
    with web_server(portal_env, tmp_path / "log", processes=1) as web:
        yield (str(urlsplit(web.url).hostname), int(urlsplit(web.url).port or 0)), web.running


@pytest.fixture
def connect(server: tuple[tuple[str, int], Running]) -> Iterator[Callable[[bytes], socket.socket]]:
    """A connection that has said `first`."""
    with ExitStack() as stack:

        def connect(first: bytes = b"") -> socket.socket:
            connection = stack.enter_context(socket.create_connection(server[0], timeout=PATIENCE))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(first)
            return connection

        yield connect


def answer(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


@pytest.mark.one_database
def test_a_page_is_answered_beside_connections_that_drip(connect: Callable[..., socket.socket]) -> None:
    for first, more in WAYS.values():
        slow = [connect(first) for _ in range(SLOW)]
        for at in range(len(more)):
            for connection in slow:
                connection.sendall(more[at : at + 1])
        assert answer(connect(GET)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.one_database
def test_a_request_that_comes_in_pieces_is_answered_once_it_is_whole(connect: Callable[..., socket.socket]) -> None:
    form = b"usuario=nadie&clave=nada"
    head = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(form)
    slow = connect()
    for letter in head + form:
        slow.sendall(bytes([letter]))
    assert answer(slow).startswith(b"HTTP/1.1 400 ")  # read whole: what it lacks is the form's token


@pytest.mark.one_database
def test_told_to_end_it_answers_what_has_come_and_waits_for_nobody_who_drips(
    server: tuple[tuple[str, int], Running], connect: Callable[..., socket.socket]
) -> None:
    for first, _more in WAYS.values():
        connect(first)
    begun = connect(GET[:-2])
    until(lambda: answer(connect(GET)), "it has seen them")
    server[1].send_signal(15)
    begun.sendall(GET[-2:])
    assert answer(begun).startswith(b"HTTP/1.1 200 ")
    assert server[1].wait(PATIENCE) == 0


@pytest.mark.one_database
def test_a_body_that_is_too_large_is_refused_before_it_has_come(connect: Callable[..., socket.socket]) -> None:
    assert connect(HEAD + b"Content-Length: 1000000000\r\n\r\n").recv(65536).startswith(b"HTTP/1.1 413 ")
