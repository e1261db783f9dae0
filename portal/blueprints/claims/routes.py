"""Claims: today they are noticed by telephone or at an agency, and the page says so."""

from werkzeug.wrappers import Response

from portal.blueprints.claims import bp
from portal.services.policies import listing
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor

_POLICIES = 20


@bp.get("/siniestros")
@allow(Who.CUSTOMER)
def index() -> Response:
    """How to give notice, and from when to when each policy answers."""
    return htmx.render("claims/index.html", lines=listing.lines(actor(), limit=_POLICIES))
