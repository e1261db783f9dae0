"""A way to a server that can be shut: TCP that is passed on, refused, cut or left waiting."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

from tests.processes import PATIENCE


class Mode(Enum):
    """OPEN passes everything on. SHUT ends each conversation as it begins. DEAF takes it and says nothing. CUTS ends
    it when the server's answer would come: what was asked for may have been done. FAILS and GARBLES put another in its
    place."""

    OPEN = "open"
    SHUT = "shut"
    DEAF = "deaf"
    CUTS = "cuts"
    FAILS = "answered 500"
    GARBLES = "answered garbage"


_ANSWERS = {
    Mode.FAILS: b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    Mode.GARBLES: b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n\x00\xff{not json",
}


class Gate:
    """Between whoever connects to `port` and the server behind it. `mode` may be changed at any time; `cuts` counts
    the conversations that were ended in the middle, or more."""

    def __init__(self, behind: int, listening: socket.socket) -> None:
        self.mode = Mode.OPEN
        self.port = listening.getsockname()[1]
        self._behind, self._listening = behind, listening
        self.cuts = 0
        self._ended = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @classmethod
    @contextmanager
    def to(cls, behind: int) -> Iterator[Gate]:
        """A gate to that port of this machine."""
        with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
            listening.settimeout(0.2)
            gate = cls(behind, listening)
            thread = threading.Thread(target=gate._serve, daemon=True)
            thread.start()
            try:
                yield gate
            finally:
                gate._ended.set()
                thread.join()
                gate.cut()

    def cut(self) -> None:
        """End every conversation."""
        with self._lock:
            self.cuts += len(self._open)
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listening.accept()
                connection.settimeout(PATIENCE)
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self.mode is Mode.SHUT:
                return
            if self.mode is Mode.DEAF:
                with self._remembered(connection):
                    connection.recv(1)
                    self._ended.wait(PATIENCE)
                return
            server = socket.create_connection(("127.0.0.1", self._behind))
            with server, self._remembered(connection, server):
                answering = threading.Thread(target=self._pass_on, args=(server, connection, True), daemon=True)
                answering.start()
                self._pass_on(connection, server)
                answering.join()

    def _pass_on(self, source: socket.socket, target: socket.socket, is_answer: bool = False) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if is_answer and self.mode in _ANSWERS:
                    target.sendall(_ANSWERS[self.mode])
                    break
                if self.mode is Mode.CUTS and random.random() < 0.5:
                    self.cuts += 1
                    break
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _remembered(self, *connections: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.update(connections)
        try:
            yield
        finally:
            with self._lock:
                self._open.difference_update(connections)
