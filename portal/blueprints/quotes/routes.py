"""Routes of quotes."""

from portal.blueprints.quotes import bp
from portal.web.access import Who, allow


@bp.get("/cotizaciones")
@allow(Who.CUSTOMER)
def index() -> str:
    return ""


@bp.get("/cotizar/<slug>/<plan>")
@allow(Who.CUSTOMER)
def create(slug: str, plan: str) -> str:
    return ""


@bp.get("/cotizaciones/<number>")
@allow(Who.CUSTOMER)
def show(number: str) -> str:
    return ""


@bp.post("/cotizaciones/<number>/correo")
@allow(Who.CUSTOMER)
def mail(number: str) -> str:
    return ""


@bp.get("/cotizaciones/<number>/pdf")
@allow(Who.CUSTOMER)
def pdf(number: str) -> str:
    return ""


@bp.post("/cotizaciones/<number>/comprar")
@allow(Who.CUSTOMER)
def buy(number: str) -> str:
    return ""
