"""The first page: what there is to do now."""

from flask import url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.home import bp
from portal.domain import clock
from portal.services.home import overview
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.greeting import greeting


@bp.get("/")
@allow(Who.ANYONE)
def root() -> Response:
    """The portal's bare address: the start page, or the login when nobody is signed in."""
    return htmx.go(url_for("home.index" if current_user.is_authenticated else "auth.login"))


@bp.get("/inicio")
@allow(Who.SIGNED_IN)
def index() -> Response:
    """A customer's start page; collaborators have their own."""
    if not current_user.is_customer:
        return htmx.go(url_for("desk.index"))
    return htmx.render(
        "home/index.html",
        overview=overview.of(actor()),
        greeting=greeting(clock.now()),
    )
