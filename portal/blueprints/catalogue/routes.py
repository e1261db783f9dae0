"""What is on sale."""

from flask import url_for
from werkzeug.wrappers import Response

from portal.blueprints.catalogue import bp
from portal.services.catalogue import offers
from portal.web import htmx
from portal.web.access import Who, allow


@bp.get("/productos")
@allow(Who.SIGNED_IN)
def products() -> Response:
    """The products on sale (S09)."""
    return htmx.render("catalogue/products.html", products=[offer.product for offer in offers.offers()])


@bp.get("/productos/<slug>")
@allow(Who.SIGNED_IN)
def product(slug: str) -> Response:
    """One product: what it pays and does not, its plans side by side (S10)."""
    return htmx.render("catalogue/product.html", product=offers.offer_on_sale(slug).product)


@bp.get("/productos/<slug>/condiciones")
@allow(Who.SIGNED_IN)
def conditions(slug: str) -> Response:
    """The general conditions in full."""
    product = offers.offer_on_sale(slug).product
    back = url_for("catalogue.product", slug=slug)
    return htmx.render("catalogue/conditions.html", product=product, back=back, back_name=product.name)
