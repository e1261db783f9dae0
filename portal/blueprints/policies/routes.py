"""Routes of policies."""

from portal.blueprints.policies import bp
from portal.web.access import Who, allow


@bp.get("/seguros")
@allow(Who.CUSTOMER)
def index() -> str:
    return ""


@bp.get("/polizas/<number>")
@allow(Who.CUSTOMER)
def show(number: str) -> str:
    return ""


@bp.post("/polizas/<number>/correo")
@allow(Who.CUSTOMER)
def mail(number: str) -> str:
    return ""


@bp.get("/polizas/<number>/pdf")
@allow(Who.CUSTOMER)
def pdf(number: str) -> str:
    return ""


@bp.get("/polizas/<number>/condiciones")
@allow(Who.CUSTOMER)
def conditions(number: str) -> str:
    return ""
