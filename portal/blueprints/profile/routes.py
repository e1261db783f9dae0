"""Routes of one's own data."""

from portal.blueprints.profile import bp
from portal.web.access import Who, allow


@bp.get("/perfil")
@allow(Who.SIGNED_IN)
def show() -> str:
    return ""


@bp.get("/perfil/clave")
@allow(Who.SIGNED_IN)
def change_password() -> str:
    return ""
