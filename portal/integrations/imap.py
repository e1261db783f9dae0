"""A mailbox read by IMAP that does not wait for ever, on a server that proves itself."""

import imaplib
import ssl
import time
from collections.abc import Callable
from urllib.parse import SplitResult, unquote, urlsplit

#: Seconds for each step of the conversation, and for all of a reading before it stops taking more.
TIMEOUT = 10.0
PATIENCE = 40.0
_MOST = 200


class Unreachable(Exception):
    """The mailbox can't be read now; the words hold neither address nor password."""


def take_unseen(url: str, take: Callable[[bytes], bool], *, largest: int, timeout: float = TIMEOUT) -> int:
    """Hand each unseen mail's first `largest` bytes to `take`; it is seen from then on when that says True. How many.

    `url`: `imaps://user:password@host/FOLDER`, user and password percent-encoded; `imap://` speaks in the open. Raises
    Unreachable, and whatever `take` raises.
    """
    until = time.monotonic() + PATIENCE
    taken = 0
    try:
        with _opened(urlsplit(url), timeout) as mailbox:
            for number in _unseen(mailbox)[:_MOST]:
                if time.monotonic() > until:
                    break
                raw = _first_bytes(mailbox, number, largest)
                if raw is not None and take(raw):
                    mailbox.uid("STORE", number, "+FLAGS.SILENT", r"(\Seen)")
                    taken += 1
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        raise Unreachable(type(error).__name__) from error
    return taken


def _opened(url: SplitResult, timeout: float) -> imaplib.IMAP4:
    host = url.hostname or ""
    if url.scheme == "imaps":
        secure = ssl.create_default_context()
        mailbox: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, url.port or 993, ssl_context=secure, timeout=timeout)
    else:
        mailbox = imaplib.IMAP4(host, url.port or 143, timeout=timeout)
    try:
        mailbox.login(unquote(url.username or ""), unquote(url.password or ""))
        answer, _ = mailbox.select(f'"{unquote(url.path.strip("/")) or "INBOX"}"')
        if answer != "OK":
            raise imaplib.IMAP4.error("no such folder")
    except BaseException:
        mailbox.shutdown()
        raise
    return mailbox


def _unseen(mailbox: imaplib.IMAP4) -> list[str]:
    _, found = mailbox.uid("SEARCH", "UNSEEN")
    return [number.decode("ascii") for number in (found[0] or b"").split() if number.isdigit()]


def _first_bytes(mailbox: imaplib.IMAP4, number: str, largest: int) -> bytes | None:
    _, found = mailbox.uid("FETCH", number, f"(BODY.PEEK[]<0.{largest}>)")
    return next((part[1] for part in found if isinstance(part, tuple)), None)
