"""How a document is printed: the contents of its kind, on the kind's template, by the PDF engine."""

from importlib import import_module

from flask import current_app

from portal.extensions import db
from portal.models import Document
from portal.models.transaction import end_reading
from portal.services.documents import kinds
from portal.services.documents.kinds import DocumentKind, Subject
from portal.services.printing.contents import Contents
from portal.settings import current_settings

CONTENTS = {kind.code: import_module(f"{__package__}.contents.{kind.code}").contents for kind in kinds.KINDS}


def render(document: Document) -> bytes:
    """The PDF of a document, from its rows as they are now."""
    from portal.integrations.pdf import render_pdf  # pikepdf and Pillow, 10 MB, for the process that renders

    kind = kinds.by_code(document.kind)
    contents = contents_of(kind, db.session.get_one(kind.subject, document.subject_id))
    html = html_of(kind, contents)
    end_reading()  # the engine works without a connection to the database
    return render_pdf(html, title=contents.title, footer=contents.footer)


def contents_of(kind: DocumentKind[Subject], subject: Subject) -> Contents:
    """What the document of `subject` says."""
    contents: Contents = CONTENTS[kind.code](subject)
    return contents


def html_of(kind: DocumentKind[Subject], contents: Contents) -> str:
    """The HTML that the PDF is rendered from."""
    template = current_app.jinja_env.get_template(f"documents/{kind.code}.html")
    return template.render(support_phone=current_settings().support_phone, **contents.words)
