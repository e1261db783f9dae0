"""Payments whose outcome the bank left open: the staff finds out, two of them decide."""

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from portal.domain.errors import NotAllowed
from portal.web import htmx, refusals

bp = Blueprint("reviewing", __name__)


def _way_back(_error: NotAllowed) -> Response:
    """The page of what could not be done."""
    about = request.view_args or {}
    return htmx.go(url_for("reviewing.payout" if "payout_number" in about else "reviewing.show", **about))


refusals.lead_to(bp, _way_back)

from portal.blueprints.reviewing import payouts, routes  # noqa: E402,F401  their routes need bp
