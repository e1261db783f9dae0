"""Taking in a file for a claim and giving one back, whoever's page it is."""

from collections.abc import Callable

from flask import flash, request
from werkzeug.wrappers import Response

from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.received_file import NotTaken
from portal.models import Claim, StoredFile
from portal.services.claims import attachments
from portal.services.evidence import uploads
from portal.web import downloads, htmx
from portal.web.actor import actor
from portal.web.uploads import sent_file

_SUFFIXES = {"image/jpeg": ".jpg", "application/pdf": ".pdf"}


def send(claim: Claim, paper_id: int) -> StoredFile:
    """Take the file of the request in for one of the papers."""
    stream = sent_file("foto", "archivo").stream
    return attachments.send(paper_id, claim, stream, actor(), is_instead="en-su-lugar" in request.args)


def take(send: Callable[[], StoredFile], back: str, again: Callable[[int, str], Response]) -> Response:
    """Take the file of the request in; refused, the page says why at its place, and all else stays."""
    try:
        send()
    except NotTaken as trouble:
        return again(503, trouble.message)
    except (NotFound, NotAllowed):
        raise
    except DomainError as refused:
        return again(422, refused.message)
    if not htmx.is_fragment_request():
        flash("Recibimos el documento.", "ok")
    return htmx.go(back)


def file(found: StoredFile) -> Response:
    """A file, to be saved."""
    name = f"documento-{found.id}{_SUFFIXES[found.type]}"
    return downloads.attachment(name, uploads.content(found, actor()), found.type)


def thumbnail(found: StoredFile) -> Response:
    """Its small picture."""
    return downloads.attachment(f"documento-{found.id}.jpg", uploads.thumbnail(found, actor()), "image/jpeg")
