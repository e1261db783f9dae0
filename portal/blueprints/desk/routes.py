"""Routes of desk."""

from portal.blueprints.desk import bp
from portal.web.access import Who, allow


@bp.get("/gestion")
@allow(Who.STAFF)
def index() -> str:
    return ""
