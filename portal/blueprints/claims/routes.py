"""Routes of claims."""

from portal.blueprints.claims import bp
from portal.web.access import Who, allow


@bp.get("/siniestros")
@allow(Who.CUSTOMER)
def index() -> str:
    return ""
