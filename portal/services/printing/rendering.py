"""How a document is printed: the contents of its kind, on the kind's template, by the PDF engine."""

from html import unescape
from html.parser import HTMLParser
from importlib import import_module

from flask import current_app

from portal.domain.printable import unprintable
from portal.extensions import db
from portal.models import Document
from portal.models.transaction import end_reading
from portal.services.documents import kinds, signing
from portal.services.documents.kinds import DocumentKind, Subject
from portal.services.printing.contents import Contents
from portal.settings import current_settings

CONTENTS = {kind.code: import_module(f"{__package__}.contents.{kind.code}").contents for kind in kinds.KINDS}


# Seen by nobody: they lay out the page, or keep words together.
_LAYOUT = str.maketrans(dict.fromkeys("\r\n\t\u00ad\u200b\u2060"))


class Unprintable(Exception):
    """A text holds letters that no font of ours draws. It names them, and nothing of what stands around them."""


def render(document: Document) -> bytes:
    """A document's bytes, from its rows as they are now. Raises Unprintable: a document is kept for ever, and a name
    with gaps would be too; and `outbox.RetryableFailure` when it is to be signed and there is nothing to sign with."""
    from portal.integrations import pdf  # pikepdf and Pillow, 10 MB, for the process that renders

    kind = kinds.by_code(document.kind)
    signer = signing.signer() if kind.signed else None
    with pdf.begun(pdf.command(sheet=kind.sheet)) as engine:
        subject = db.session.get_one(kind.subject, document.subject_id)
        number, contents = kind.name(subject), contents_of(kind, subject)
        html = html_of(kind, contents)
        check_letters(html + contents.footer)
        end_reading()  # the engine works without a connection to the database
        raw = pdf.output(engine, html)
    printed = pdf.finished(raw, title=contents.title, number=number, footer=contents.footer)
    if kind.pixels:
        from portal.integrations.pdf_picture import first_page

        return first_page(printed, kind.pixels)
    return signing.signed(printed, signer) if signer else printed


def contents_of(kind: DocumentKind[Subject], subject: Subject) -> Contents:
    """What the document of `subject` says."""
    contents: Contents = CONTENTS[kind.code](subject)
    return contents


def html_of(kind: DocumentKind[Subject], contents: Contents) -> str:
    """The HTML that the PDF is rendered from."""
    template = current_app.jinja_env.get_template(f"documents/{kind.code}.html")
    return template.render(support_phone=current_settings().support_phone, **contents.words)


def check_letters(html: str) -> None:
    """Every letter that a reader of `html` would see is one that the documents' fonts draw. Raises Unprintable."""
    if not _undrawn(unescape(html)):
        return  # not even in its tags and style: to take the page apart takes longer than all else that is ours
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if lost := _undrawn("".join(reader.seen)):
        raise Unprintable(f"no font draws {' '.join(f'U+{ord(letter):04X}' for letter in lost)}")


def _undrawn(text: str) -> str:
    return unprintable("".join(dict.fromkeys(text)).translate(_LAYOUT))


class _Reader(HTMLParser):
    """The text of a page without its style."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"

    def handle_endtag(self, _tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.seen.append(data)
