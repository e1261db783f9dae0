"""Claims as the staff works on them: the queue, the page of one, its documents, the proposed answer and the second
person's word."""

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from portal.domain.errors import NotAllowed
from portal.web import htmx, refusals

bp = Blueprint("assessing", __name__)


def _back(_: NotAllowed) -> Response:
    number = (request.view_args or {}).get("number")
    return htmx.go(url_for("assessing.show", number=number) if number else url_for("assessing.index"))


refusals.lead_to(bp, _back)

from portal.blueprints.assessing import claim, decision, queue  # noqa: E402,F401  their routes need bp
