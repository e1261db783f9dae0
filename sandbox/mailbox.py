"""The mailbox: `python -m sandbox.mailbox --smtp-port 1025 --web-port 8025 --folder var/mails`.

Real SMTP on loopback that accepts mail for anybody but a few addresses that refuse it, and a page that shows it.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mail_pages import create_app
from sandbox.mail_store import MailStore
from sandbox.server import HOST, announce, serve_until_signal, server

#: Bytes of a message: 25 MB of files, grown by base64, and the rest.
MAX_MESSAGE = 40 * 1024 * 1024

#: What an address says that begins with these words, at any domain.
REFUSING = {
    "no-existe": "550 5.1.1 No such user",
    "lleno": "552 5.2.2 Mailbox full",
}


class Catcher:
    """Stores what comes; the answer is given once the mail is on disk."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refusal = next(
            (answer for word, answer in REFUSING.items() if address.startswith((f"{word}@", f"{word}+"))), ""
        )
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        content = envelope.original_content or b""
        await asyncio.to_thread(self._store.add, envelope.mail_from or "", envelope.rcpt_tos, content)
        return "250 2.0.0 Stored"


@contextmanager
def smtp_server(handler: Any, port: int = 0, *, wrapped: ssl.SSLContext | None = None, **options: Any) -> Iterator[int]:
    """SMTP on loopback, answered by an aiosmtpd handler in a thread of its own; yields the port.

    `wrapped`: TLS from the first byte; `options` are those of `aiosmtpd.smtp.SMTP`.
    """
    with socket.create_server((HOST, port), backlog=128) as listening:
        loop = asyncio.new_event_loop()

        def conversation() -> SMTP:
            return SMTP(handler, hostname="localhost", data_size_limit=MAX_MESSAGE, loop=loop, **options)

        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        # The loop does so only for sockets that name their protocol: without it each answer waits 40 ms.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        starting = loop.create_server(conversation, sock=listening, ssl=wrapped)
        serving = asyncio.run_coroutine_threadsafe(starting, loop).result()
        try:
            yield listening.getsockname()[1]
        finally:
            asyncio.run_coroutine_threadsafe(_end(serving), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _end(serving: asyncio.Server) -> None:
    serving.close()
    conversations = asyncio.all_tasks() - {asyncio.current_task()}
    for conversation in conversations:
        conversation.cancel()
    await asyncio.gather(*conversations, return_exceptions=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.mailbox", description="Catches mail for development, on loopback."
    )
    parser.add_argument("--smtp-port", type=int, required=True, help="0 takes a free one and prints it")
    parser.add_argument("--web-port", type=int, required=True, help="0 takes a free one and prints it")
    parser.add_argument("--folder", type=Path, required=True, help="where the mails are kept")
    parser.add_argument("--instance", default=secrets.token_hex(8), help="what /health answers")
    given = parser.parse_args()
    store = MailStore(given.folder)
    web = server(create_app(store, given.instance), given.web_port)
    with smtp_server(Catcher(store), given.smtp_port) as smtp_port:
        announce("mailbox", port=web.server_port, smtp_port=smtp_port, instance=given.instance)
        serve_until_signal(web, threading.Event())


if __name__ == "__main__":
    main()
