"""The mailbox of the return addresses is read over TLS that proves itself, in bounded time."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from portal.integrations.imap import Unreachable, take_unseen
from tests.imap_server import imap_server


def test_mails_are_taken_over_tls_from_a_server_that_proves_itself(
    certificate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with imap_server(certificate.of_server()) as folder:
        folder.mails += [b"one", b"x" * 100]
        url = folder.url.replace("imap://", "imaps://")
        with pytest.raises(Unreachable, match="SSLCertVerificationError"):
            take_unseen(url, lambda _raw: True, largest=10)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
        taken: list[bytes] = []

        def take(raw: bytes) -> bool:
            taken.append(raw)
            return raw != b"one"

        assert take_unseen(url, take, largest=10) == 1
        assert taken == [b"one", b"x" * 10]
        assert folder.seen == {2}


@pytest.mark.parametrize("said", [b"", b"* OK ready\r\n", b"HTTP/1.1 400\r\n\r\n", bytes(range(256)) * 9000 + b"\r\n"])
def test_a_server_that_is_silent_or_talks_rubbish_is_left_in_time(said: bytes) -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                try:
                    connection.sendall(said)
                except OSError:
                    return
                over.wait()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with pytest.raises(Unreachable):
            take_unseen(
                f"imap://u:p@127.0.0.1:{listening.getsockname()[1]}/", lambda _raw: True, largest=9, timeout=0.3
            )
        over.set()
        thread.join()
