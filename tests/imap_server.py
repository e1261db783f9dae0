"""An IMAP server for tests: one folder of mails in memory, enough of RFC 3501 for a reader, plain or TLS at once."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

USER, PASSWORD = "rebotes", "cla ve/secreta"


@dataclass
class Folder:
    """What the server holds: the mails in their order, and which of them were seen. `port` is where it listens."""

    mails: list[bytes] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    port: int = 0

    @property
    def url(self) -> str:
        return f"imap://{USER}:cla%20ve%2Fsecreta@127.0.0.1:{self.port}/INBOX"


class _Conversation(socketserver.StreamRequestHandler):
    folder: Folder

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        for line in iter(self.rfile.readline, b""):
            tag, _, command = line.decode().strip().partition(" ")
            if not self._answer(tag, command):
                return

    def _answer(self, tag: str, command: str) -> bool:
        verb = command.upper()
        lines, ended = [], "OK done"
        if verb == "CAPABILITY":
            lines = ["* CAPABILITY IMAP4rev1"]
        elif verb.startswith("LOGIN "):
            ended = "OK in" if command[6:] == f'{USER} "{PASSWORD}"' else "NO wrong"
        elif verb.startswith("SELECT "):
            lines = [f"* {len(self.folder.mails)} EXISTS"]
            ended = "OK [READ-WRITE]" if '"INBOX"' in command else "NO no such folder"
        elif verb == "UID SEARCH UNSEEN":
            unseen = (number for number in range(1, len(self.folder.mails) + 1) if number not in self.folder.seen)
            lines = ["* SEARCH " + " ".join(map(str, unseen))]
        elif fetch := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command):
            self._send_mail(int(fetch[1]), int(fetch[2]))
        elif store := re.fullmatch(r"UID STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", command):
            self.folder.seen.add(int(store[1]))
        elif verb != "LOGOUT":
            ended = "BAD what"
        self.wfile.write("".join(f"{line}\r\n" for line in [*lines, f"{tag} {ended}"]).encode())
        return verb != "LOGOUT"

    def _send_mail(self, number: int, most: int) -> None:
        raw = self.folder.mails[number - 1][:most]
        head = f"* {number} FETCH (UID {number} BODY[]<0> {{{len(raw)}}}\r\n"
        self.wfile.write(head.encode() + raw + b")\r\n")


@contextmanager
def imap_server(secure: ssl.SSLContext | None = None) -> Iterator[Folder]:
    """A server until the block ends; the folder that it shows."""
    folder = Folder()
    conversation = type("Conversation", (_Conversation,), {"folder": folder})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), conversation, bind_and_activate=True) as server:
        server.daemon_threads = True
        if secure is not None:
            server.socket = secure.wrap_socket(server.socket, server_side=True)
        folder.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield folder
        finally:
            server.shutdown()
            thread.join()
