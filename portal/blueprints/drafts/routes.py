"""Routes that a page asks by itself: keeping what is typed, and how long the session still lasts."""

from flask import jsonify, request
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.blueprints.drafts import bp
from portal.domain import clock
from portal.extensions import limiter
from portal.web import drafts, htmx
from portal.web.access import Who, allow
from portal.web.limits import account_key


@bp.post("/borrador")
@allow(Who.ANYONE)
@limiter.limit("60/minute", key_func=account_key)
def keep() -> Response:
    """Keep a form as it stands, while it is typed."""
    drafts.keep_typed(request.form.get("lugar", ""))
    return Response(status=204)


@bp.post("/borrador/descartar")
@allow(Who.ANYONE)
def discard() -> Response:
    """Begin the form anew: what was kept of it is deleted."""
    place = request.form.get("lugar", "")
    drafts.forget_at(place)
    return htmx.go(place if drafts.is_place(place) else "/")


@bp.get("/sesion")
@allow(Who.ANYONE)
def time_left() -> Response:
    """Seconds until the session ends by itself. Asked by a press it counts as use, and the session goes on."""
    left = (current_user.ends_at - clock.now()).total_seconds() if current_user.is_authenticated else 0
    return jsonify(queda=max(0, int(left)))
