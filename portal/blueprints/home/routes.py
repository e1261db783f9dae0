"""Routes of home."""

from portal.blueprints.home import bp
from portal.web.access import Who, allow


@bp.get("/")
@allow(Who.SIGNED_IN)
def root() -> str:
    return ""


@bp.get("/inicio")
@allow(Who.SIGNED_IN)
def index() -> str:
    return ""
