"""Mail is composed the same way each time, and each end of an SMTP conversation is told apart."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import flask_mail
import pytest
from aiosmtpd.smtp import AuthResult, Envelope, Session
from flask import Flask

from portal.integrations.smtp import Attachment, PermanentFailure, TemporaryFailure, compose, deliver
from sandbox.harness import RunningMailbox, running_mailbox
from sandbox.mailbox import smtp_server

SENDER, RECIPIENT = "MASSIV Perú <avisos@massiv.example>", "juana.mamani@example.com"
PDF = Attachment("Póliza N° 000123 de Ñusta.pdf", "application/pdf", b"%PDF-1.7\r\n.\r\n" + bytes(range(256)))
MAIL: dict[str, Any] = {
    "message_id": "<poliza-1@massiv.example>",
    "date": datetime(2026, 5, 19, 15, 0, tzinfo=UTC),
    "subject": "Su póliza de Muerte Accidental está lista: ésta es la número 000123 y aquí la tiene completa",
    "sender": SENDER,
    "reply_to": "ayuda@massiv.example",
    "recipient": RECIPIENT,
    "text": "Señora Juana:\n.\nSu póliza está lista.\nFrom aquí\n" + "ñ" * 2000,
    "html": "<!doctype html><p>Su póliza está <b>lista</b>." + "x" * 5000,
    "attachments": [PDF, Attachment("condiciones.pdf", "application/pdf", b"%PDF-")],
}


@pytest.fixture
def app() -> Iterator[Flask]:
    """The least application: Flask-Mail and its settings."""
    app = Flask("test")
    with app.app_context():
        configure(app)
        yield app


def configure(app: Flask, port: int = 25, **settings: Any) -> None:
    app.config.update({"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port} | settings)
    flask_mail.Mail(app)


@pytest.fixture
def mailbox(tmp_path: Path, app: Flask) -> Iterator[RunningMailbox]:
    with running_mailbox(tmp_path / "mails") as running:
        configure(app, running.smtp_port)
        yield running


def read(raw: bytes) -> Any:
    return message_from_bytes(raw, policy=policy.default)


def lines(part: Any) -> list[str]:
    """What a reader sees; on the wire each line ends with CRLF."""
    return part.get_content().split("\r\n")


@pytest.mark.usefixtures("app")
class TestComposing:
    def test_equal_arguments_give_equal_bytes(self) -> None:
        lima = MAIL["date"].astimezone(timezone(timedelta(hours=-5)))
        assert compose(**MAIL) == compose(**MAIL) == compose(**MAIL | {"date": lima})

    def test_another_message_has_other_boundaries(self) -> None:
        first, second = compose(**MAIL), compose(**MAIL | {"message_id": "<poliza-2@massiv.example>"})
        assert read(first).get_boundary() != read(second).get_boundary()

    def test_headers_say_what_was_given(self) -> None:
        message = read(compose(**MAIL))
        assert message["Subject"] == MAIL["subject"]
        assert message["From"] == SENDER
        assert (message["To"], message["Reply-To"]) == (RECIPIENT, "ayuda@massiv.example")
        assert message["Message-ID"] == "<poliza-1@massiv.example>"
        assert message["Date"].datetime == MAIL["date"]
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["X-Auto-Response-Suppress"] == "All"

    def test_text_comes_first_and_html_is_its_alternative(self) -> None:
        message = read(compose(**MAIL))
        alternative = next(message.iter_parts())
        assert alternative.get_content_type() == "multipart/alternative"
        text, html = alternative.iter_parts()
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert lines(text) == MAIL["text"].split("\n")
        assert html.get_content() == MAIL["html"]

    def test_attachments_keep_their_bytes_and_names(self) -> None:
        raw = compose(**MAIL)
        first, second = read(raw).iter_attachments()
        assert (first.get_filename(), first.get_content(), first.get_content_type()) == (
            PDF.filename,
            PDF.data,
            "application/pdf",
        )
        assert second.get_filename() == "condiciones.pdf"
        assert b"utf-8''P%C3%B3liza" in raw

    def test_every_line_fits_smtp_and_every_byte_is_ascii(self) -> None:
        raw = compose(**MAIL)
        assert raw.isascii()
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert raw.count(b"\n") == raw.count(b"\r\n")

    def test_a_mail_of_text_alone_is_plain(self) -> None:
        message = read(compose(**MAIL | {"html": None, "attachments": [], "reply_to": None}))
        assert message.get_content_type() == "text/plain"
        assert lines(message) == MAIL["text"].split("\n")
        assert message["Reply-To"] is None

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_any_line_end_becomes_the_one_of_mail(self, end: str) -> None:
        message = read(compose(**MAIL | {"text": f"uno{end}dos", "html": None, "attachments": []}))
        assert lines(message) == ["uno", "dos"]

    @pytest.mark.parametrize("field", ["subject", "sender", "recipient", "reply_to", "message_id"])
    @pytest.mark.parametrize("added", ["\r\nBcc: otra@example.com", "\nX: y", "\r\n continued", "\x00", "\x85"])
    def test_nothing_breaks_out_of_a_header(self, field: str, added: str) -> None:
        with pytest.raises(ValueError, match="header"):
            compose(**MAIL | {field: MAIL[field] + added})

    @pytest.mark.parametrize(
        "attachment",
        [
            Attachment("a.pdf\r\nX: y", "application/pdf", b""),
            Attachment("a.pdf", "application/pdf\r\nX: y", b""),
            Attachment("a.pdf", "pdf", b""),
        ],
    )
    def test_nothing_breaks_out_of_an_attachments_header(self, attachment: Attachment) -> None:
        with pytest.raises(ValueError, match=r"header|content type"):
            compose(**MAIL | {"attachments": [attachment]})

    def test_a_quote_in_a_file_name_stays_in_the_name(self) -> None:
        odd = Attachment('a"; filename="b.exe', "application/pdf", b"x")
        (attached,) = read(compose(**MAIL | {"attachments": [odd]})).iter_attachments()
        assert attached.get_filename() == odd.filename

    @pytest.mark.parametrize("recipient", ["a@b.pe, c@d.pe", "Ana <a@b.pe>", "a@b.pe;c@d.pe", "nobody", "", "@b.pe"])
    def test_a_mail_has_one_recipient(self, recipient: str) -> None:
        with pytest.raises(ValueError, match="address"):
            compose(**MAIL | {"recipient": recipient})

    @pytest.mark.parametrize("message_id", ["poliza-1@massiv.example", "<a b@c>", "<a@b><c@d>", ""])
    def test_a_message_id_is_one(self, message_id: str) -> None:
        with pytest.raises(ValueError, match="Message-ID"):
            compose(**MAIL | {"message_id": message_id})


def test_the_very_bytes_arrive(mailbox: RunningMailbox) -> None:
    raw = compose(**MAIL)
    deliver(raw, SENDER, RECIPIENT)
    (mail,) = mailbox.store.mails()
    assert mail.raw == raw
    assert (mail.envelope_from, mail.envelope_to) == ("avisos@massiv.example", [RECIPIENT])


class Refusing:
    """An SMTP server that answers one command with an answer of its own."""

    def __init__(self, command: str, answer: str) -> None:
        setattr(self, f"handle_{command}", self._refuse)
        self._answer = answer

    async def _refuse(self, *_arguments: Any) -> str:
        return self._answer


REFUSALS = [
    ("RCPT", "450 4.2.1 busy", TemporaryFailure, "recipient refused: 450 4.2.1"),
    ("RCPT", "550 5.1.1 unknown", PermanentFailure, "recipient refused: 550 5.1.1"),
    ("RCPT", "550 rosa@example.pe is unknown", PermanentFailure, "recipient refused: 550"),
    ("MAIL", "451 4.3.0 later", TemporaryFailure, "sender refused: 451 4.3.0"),
    ("MAIL", "552 5.3.4 too big", PermanentFailure, "sender refused: 552 5.3.4"),
    ("DATA", "452 4.3.1 full", TemporaryFailure, "message refused: 452 4.3.1"),
    ("DATA", "554 5.7.1 spam", PermanentFailure, "message refused: 554 5.7.1"),
    ("DATA", "421 4.3.2 closing", TemporaryFailure, "message refused: 421 4.3.2"),
]


@pytest.mark.parametrize(("command", "answer", "failure", "words"), REFUSALS)
def test_a_refusal_is_worth_another_try_or_final(
    app: Flask, command: str, answer: str, failure: type[Exception], words: str
) -> None:
    with smtp_server(Refusing(command, answer)) as port:
        configure(app, port)
        with pytest.raises(failure) as refused:
            deliver(b"Subject: x\r\n\r\nx\r\n", SENDER, RECIPIENT)
    assert str(refused.value) == words


GREETING = [b"220 me\r\n", b"250 me\r\n", b"250 sender\r\n", b"250 recipient\r\n", b"354 go on\r\n"]


@pytest.fixture
def scripted(app: Flask) -> Iterator[Callable[[list[bytes], bool], None]]:
    """A server that says one line for each command, then hangs up or, if told so, falls silent."""
    with ExitStack() as stack:

        def start(lines: list[bytes], silent: bool) -> None:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            over = threading.Event()
            stack.callback(over.set)
            thread = threading.Thread(target=_speak, args=(listening, lines, over if silent else None), daemon=True)
            thread.start()
            configure(app, listening.getsockname()[1])

        yield start


def _speak(listening: socket.socket, lines: list[bytes], silence: threading.Event | None) -> None:
    connection, _ = listening.accept()
    with connection, connection.makefile("rb") as commands:
        for number, line in enumerate(lines):
            if number == len(GREETING):  # the message itself, up to its lonely dot
                _skip_message(commands)
            elif number:
                commands.readline()
            connection.sendall(line)
        if silence:
            silence.wait()


def _skip_message(commands: Any) -> None:
    while commands.readline() not in (b".\r\n", b""):
        continue


@pytest.mark.parametrize("said", range(len(GREETING) + 1))
@pytest.mark.parametrize("silent", [True, False], ids=["silence", "hanging up"])
def test_a_server_that_falls_silent_or_leaves_is_worth_another_try(
    scripted: Callable[[list[bytes], bool], None], said: int, silent: bool
) -> None:
    scripted(GREETING[:said], silent)
    with pytest.raises(TemporaryFailure):
        deliver(b"Subject: x\r\n\r\nx\r\n", SENDER, RECIPIENT, timeout=0.3)


@pytest.mark.parametrize("silent", [True, False], ids=["silence", "hanging up"])
def test_once_accepted_a_lost_farewell_is_no_failure(
    scripted: Callable[[list[bytes], bool], None], silent: bool
) -> None:
    scripted([*GREETING, b"250 stored\r\n"], silent)
    deliver(b"Subject: x\r\n\r\nx\r\n", SENDER, RECIPIENT, timeout=0.3)


@pytest.mark.parametrize(
    "lines", [[b"554 go away\r\n"], [b"421 busy\r\n"], [b"220 me\r\n", b"550 not you\r\n", b"550 not you\r\n"]]
)
def test_a_server_that_refuses_us_does_not_condemn_the_mail(
    scripted: Callable[[list[bytes], bool], None], lines: list[bytes]
) -> None:
    scripted(lines, False)
    with pytest.raises(TemporaryFailure):
        deliver(b"Subject: x\r\n\r\nx\r\n", SENDER, RECIPIENT, timeout=0.3)


def test_a_server_that_is_not_there_is_worth_another_try(app: Flask) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        configure(app, free.getsockname()[1])
    with pytest.raises(TemporaryFailure, match="connection: ConnectionRefusedError"):
        deliver(b"Subject: x\r\n\r\nx\r\n", SENDER, RECIPIENT)


class Keeping:
    """An SMTP server that keeps what it accepts, and who logged in."""

    def __init__(self) -> None:
        self.accepted: list[tuple[bytes | None, bool]] = []

    async def handle_DATA(self, _server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        encrypted = session.ssl is not None
        self.accepted.append((session.auth_data.login if session.auth_data else None, encrypted))
        return "250 kept"


def anybody(_server: Any, _session: Any, _envelope: Any, _mechanism: str, credentials: Any) -> AuthResult:
    return AuthResult(success=credentials.password == b"secret", auth_data=credentials)


def test_starttls_and_login_come_before_the_mail(app: Flask, certificate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    kept = Keeping()
    options = {"tls_context": certificate.of_server(), "require_starttls": True, "authenticator": anybody}
    with smtp_server(kept, auth_required=True, **options) as port:
        configure(app, port, MAIL_USE_TLS=True, MAIL_USERNAME="portal", MAIL_PASSWORD="secret")
        deliver(compose(**MAIL), SENDER, RECIPIENT)
        configure(app, port, MAIL_USE_TLS=True, MAIL_USERNAME="portal", MAIL_PASSWORD="wrong")
        with pytest.raises(TemporaryFailure, match="connection"):
            deliver(compose(**MAIL), SENDER, RECIPIENT)
    assert kept.accepted == [(b"portal", True)]


@pytest.mark.parametrize("trusted", [True, False])
def test_a_server_has_to_prove_itself(
    app: Flask, certificate: Any, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    kept = Keeping()
    expected = nullcontext() if trusted else pytest.raises(TemporaryFailure, match="SSLCertVerificationError")
    with smtp_server(kept, wrapped=certificate.of_server()) as port, expected:
        configure(app, port, MAIL_USE_SSL=True)
        deliver(compose(**MAIL), SENDER, RECIPIENT)
    with smtp_server(kept, tls_context=certificate.of_server()) as port, expected:
        configure(app, port, MAIL_USE_SSL=False, MAIL_USE_TLS=True)
        deliver(compose(**MAIL), SENDER, RECIPIENT)
    assert len(kept.accepted) == (2 if trusted else 0)


def test_a_mail_is_not_sent_in_the_open_when_tls_is_asked_for(app: Flask, mailbox: RunningMailbox) -> None:
    configure(app, mailbox.smtp_port, MAIL_USE_TLS=True)
    with pytest.raises(TemporaryFailure):
        deliver(compose(**MAIL), SENDER, RECIPIENT)
    assert mailbox.store.mails() == []


def test_a_login_that_the_server_does_not_offer_does_not_condemn_the_mail(app: Flask, mailbox: RunningMailbox) -> None:
    configure(app, mailbox.smtp_port, MAIL_USERNAME="portal", MAIL_PASSWORD="secret")
    with pytest.raises(TemporaryFailure):
        deliver(compose(**MAIL), SENDER, RECIPIENT)
    assert mailbox.store.mails() == []


def test_an_address_that_smtp_cannot_carry_is_final(mailbox: RunningMailbox) -> None:
    with pytest.raises(PermanentFailure):
        deliver(compose(**MAIL), SENDER, "ñusta@example.com")


def test_a_domain_with_an_accent_is_written_as_the_name_servers_know_it(mailbox: RunningMailbox) -> None:
    deliver(compose(**MAIL | {"recipient": "juana@ñandú.example"}), SENDER, "juana@ñandú.example")
    (mail,) = mailbox.store.mails()
    assert mail.envelope_to == ["juana@xn--and-6ma2c.example"]
    assert read(mail.raw)["To"] == "juana@xn--and-6ma2c.example"
