"""Mail is composed the same way each time, and nothing that was typed breaks out of its place."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

import pytest

from portal.integrations.mail_message import Attachment, compose
from tests.integrations.sample_mail import MAIL, PDF, RECIPIENT, SENDER, read


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
