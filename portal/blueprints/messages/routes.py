"""What the portal mailed to the customer, readable as it was sent."""

from flask import url_for
from werkzeug.wrappers import Response

from portal.blueprints.messages import bp
from portal.domain.errors import NotFound
from portal.domain.message import MESSAGE_NAMES
from portal.services import documents, messages
from portal.web import downloads, htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.paging import page_of

_LARGEST_KEY = 2**31 - 1  # what a key's column holds: a longer number names no row
_MESSAGE = f"<int(max={_LARGEST_KEY}):message_id>"


@bp.get("/comunicaciones")
@allow(Who.CUSTOMER)
def index() -> Response:
    """One line a message, the newest first (S35)."""
    page = page_of(lambda **window: messages.list_for(actor(), **window))
    return htmx.render("messages/index.html", page=page, state_names=MESSAGE_NAMES)


@bp.get(f"/comunicaciones/{_MESSAGE}")
@allow(Who.CUSTOMER)
def show(message_id: int) -> Response:
    """One message: its text part. Its HTML is never put into a page of ours."""
    return htmx.render(
        "messages/show.html",
        message=messages.get(message_id, actor()),
        state_names=MESSAGE_NAMES,
        secret_mark=messages.SECRET_MARK,
    )


@bp.get(f"/comunicaciones/{_MESSAGE}/documentos/<int(max={_LARGEST_KEY}):document_id>")
@allow(Who.CUSTOMER)
def attachment(message_id: int, document_id: int) -> Response:
    """A document that the message carried: the same stored bytes."""
    message = messages.get(message_id, actor())
    document = next((one for one in message.attachments if one.id == document_id), None)
    if document is None:
        raise NotFound
    back = url_for("messages.show", message_id=message_id)
    return downloads.pdf(document.filename, documents.content(document, actor()), back=back)
