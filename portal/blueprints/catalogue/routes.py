"""Routes of catalogue."""

from portal.blueprints.catalogue import bp
from portal.web.access import Who, allow


@bp.get("/productos")
@allow(Who.CUSTOMER)
def products() -> str:
    return ""


@bp.get("/productos/<slug>")
@allow(Who.CUSTOMER)
def product(slug: str) -> str:
    return ""


@bp.get("/productos/<slug>/condiciones")
@allow(Who.CUSTOMER)
def conditions(slug: str) -> str:
    return ""
