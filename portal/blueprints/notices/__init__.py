"""Notices of a death or an accident, by somebody without an account (B01)."""

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from portal.domain.errors import NotAllowed
from portal.services.claims.following import VisitOver
from portal.web import htmx, refusals

bp = Blueprint("notices", __name__)


def _way_back(error: NotAllowed) -> Response:
    """Whoever followed a notice asks for another code; whoever gave one begins anew."""
    return htmx.go(url_for("notices.follow" if isinstance(error, VisitOver) else "notices.start"))


refusals.lead_to(bp, _way_back)

from portal.blueprints.notices import claims, following, routes  # noqa: E402,F401  their routes need bp
