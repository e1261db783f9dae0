"""What is on sale: the same pages for customers, for staff, and for whoever has no account (B21)."""

from typing import Any

from flask import url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.catalogue import bp
from portal.domain.catalogue import Plan, Product
from portal.domain.errors import NotFound
from portal.extensions import limiter
from portal.services.catalogue import offers
from portal.web import htmx, waiting_plan
from portal.web.access import Who, allow
from portal.web.limits import account_key

# A mobile company's customers share few addresses, and this is where they begin.
_limited = limiter.shared_limit("120/minute", scope="catalogue", key_func=account_key)


@bp.get("/productos")
@allow(Who.ANYONE)
@_limited
def products() -> Response:
    """The products on sale (S09)."""
    return _page("catalogue/products.html", products=[offer.product for offer in offers.offers()])


@bp.get("/productos/<slug>")
@allow(Who.ANYONE)
@_limited
def product(slug: str) -> Response:
    """One product: what it pays and does not, its plans side by side (S10)."""
    return _page("catalogue/product.html", product=offers.offer_on_sale(slug).product)


@bp.get("/productos/<slug>/condiciones")
@allow(Who.ANYONE)
@_limited
def conditions(slug: str) -> Response:
    """The general conditions in full."""
    product = offers.offer_on_sale(slug).product
    back = url_for("catalogue.product", slug=slug)
    return htmx.render("catalogue/conditions.html", product=product, back=back, back_name=product.name)


@bp.app_template_global()
def plan_waiting() -> tuple[Product, Plan] | None:
    """The plan that was chosen before signing in, while it is on sale."""
    kept = waiting_plan.kept()
    if kept is None:
        return None
    try:
        offer, plan = offers.plan_on_sale(*kept)
    except NotFound:
        return None
    return offer.product, plan


def _page(template: str, **words: Any) -> Response:
    """Everybody but the staff may quote: without an account, once they have one."""
    quoting = not current_user.is_authenticated or current_user.role == "customer"
    return htmx.render(template, quoting=quoting, **words)
