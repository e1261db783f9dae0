"""What a holder changes in a policy of theirs, and the money that comes back by it."""

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from portal.domain.errors import NotAllowed
from portal.web import htmx, refusals

bp = Blueprint("servicing", __name__)


def _way_back(_error: NotAllowed) -> Response:
    """The page itself after a press on it, which says how it stands; else the list of policies."""
    return htmx.go(request.path if request.method == "POST" else url_for("policies.index"))


refusals.lead_to(bp, _way_back)

from portal.blueprints.servicing import ending, naming, plan, refunds, renewal  # noqa: E402,F401  their routes need bp
