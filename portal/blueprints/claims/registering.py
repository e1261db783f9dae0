"""The wizard's routes: begin, go on, see a step, answer it, throw it away; and the page with the number at its end."""

from flask import flash, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.claims import bp
from portal.blueprints.claims.flow import FLOW
from portal.blueprints.claims.subject import NEW
from portal.services.claims import claim as claims
from portal.services.claims import course, drafts
from portal.web import drafts as typed
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.wizard import pages

_FIRST = FLOW.steps[0].slug


@bp.get("/siniestros/nuevo")
@allow(Who.CUSTOMER)
def new() -> Response:
    """Begin: with which insurance (S36)."""
    return pages.show(FLOW, NEW, _FIRST)


@bp.post("/siniestros/nuevo")
@allow(Who.CUSTOMER)
def begin() -> Response:
    """Keep the first answer: from now on it goes on where it stands."""
    return pages.answer(FLOW, NEW, _FIRST)


@bp.get("/siniestros/nuevo/<public_id>")
@allow(Who.CUSTOMER)
def go_on(public_id: str) -> Response:
    """Go on where it stands."""
    return pages.go_on(FLOW, public_id)


@bp.get("/siniestros/nuevo/<public_id>/<slug>")
@allow(Who.CUSTOMER)
def show_step(public_id: str, slug: str) -> Response:
    """See a step."""
    return pages.show(FLOW, public_id, slug)


@bp.post("/siniestros/nuevo/<public_id>/<slug>")
@allow(Who.CUSTOMER)
@typed.keeps(lambda args: FLOW.form_of(args["slug"]), page="claims.show_step")
def save_step(public_id: str, slug: str) -> Response:
    """Answer a step, and go on to the next."""
    return pages.answer(FLOW, public_id, slug)


@bp.post("/siniestros/nuevo/<public_id>/descartar")
@allow(Who.CUSTOMER)
def discard(public_id: str) -> Response:
    """Throw away what was not registered, with its files."""

    def done(_: None) -> Response:
        flash("Lo descartamos, con los archivos que había enviado.", "ok")
        return htmx.go(url_for("claims.index"))

    return submit(
        Form(),
        lambda: drafts.discard(public_id, actor()),
        page=lambda: htmx.go(url_for("claims.index")),
        done=done,
    )


@bp.get("/siniestros/<number>/registrado")
@allow(Who.CUSTOMER)
def registered(number: str) -> Response:
    """S40: its number, whose turn it is, and what follows."""
    claim = claims.get(number, actor())
    words = {"claim": claim, "course": course.of(claim, actor()), "email": current_user.email}
    return htmx.render("claims/registered.html", **words)
