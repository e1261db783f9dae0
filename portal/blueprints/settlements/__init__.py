"""The bank's settlement of each day: what differs from our books, and the word of two people that ends it."""

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from portal.domain.errors import NotAllowed
from portal.web import htmx, refusals

bp = Blueprint("settlements", __name__)


def _way_back(_error: NotAllowed) -> Response:
    """The page of what could not be done."""
    return htmx.go(url_for("settlements.show", **(request.view_args or {})))


refusals.lead_to(bp, _way_back)

from portal.blueprints.settlements import routes  # noqa: E402,F401  its routes need bp
