"""/gestion/relaciones: what each insurer was told of each day."""

from werkzeug.wrappers import Response

from portal.blueprints.bordereaux import bp
from portal.services.operation import bordereaux
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.paging import page_of


@bp.get("/gestion/relaciones")
@allow(Who.STAFF)
def index() -> Response:
    """Every day, the newest first."""
    return htmx.render("bordereaux/index.html", page=page_of(bordereaux.days))
