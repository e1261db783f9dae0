"""Routes of opening an account."""

from portal.blueprints.signup import bp
from portal.web.access import Who, allow


@bp.get("/crear-cuenta")
@allow(Who.ANYONE)
def start() -> str:
    return ""
