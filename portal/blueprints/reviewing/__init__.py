"""Payments whose outcome the bank left open: the staff finds out, two of them decide."""

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from portal.domain.errors import NotAllowed
from portal.web import htmx, refusals

bp = Blueprint("reviewing", __name__)
_PAGES = {"payout_number": "reviewing.payout", "refund_number": "reviewing.refund"}


def _way_back(_error: NotAllowed) -> Response:
    """The page of what could not be done."""
    about = request.view_args or {}
    page = next((page for key, page in _PAGES.items() if key in about), "reviewing.show")
    return htmx.go(url_for(page, **about))


refusals.lead_to(bp, _way_back)

from portal.blueprints.reviewing import payouts, refunds, routes  # noqa: E402,F401  their routes need bp
