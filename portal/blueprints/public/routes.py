"""Routes of public."""

from portal.blueprints.public import bp
from portal.web.access import Who, allow


@bp.get("/verificar")
@allow(Who.ANYONE)
def verify() -> str:
    return ""


@bp.get("/verificar/<token>")
@allow(Who.ANYONE)
def policy(token: str) -> str:
    return ""
