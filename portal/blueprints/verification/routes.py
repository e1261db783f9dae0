"""Verification of a policy: anybody may ask whether it is valid, and learns nothing personal."""

from flask import request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.verification import bp
from portal.domain.errors import NotFound
from portal.extensions import limiter
from portal.services.policies import policy as policies
from portal.web import htmx
from portal.web.access import Who, allow

_LIMIT = "60/minute"


@bp.get("/verificar")
@allow(Who.ANYONE)
@limiter.limit(_LIMIT)
def verify() -> Response:
    """The form for the code; with `codigo`, on to its policy. The QR's whole address is taken as code too."""
    code = "".join(request.args.get("codigo", "").split()).rstrip("/").rsplit("/", 1)[-1]
    if code:
        return _hidden(htmx.go(url_for("verification.policy", token=code)))
    return _hidden(htmx.render("verification/verify.html", code="", unknown=False))


@bp.get("/verificar/<token>")
@allow(Who.ANYONE)
@limiter.limit(_LIMIT)
def policy(token: str) -> Response:
    """Whether the policy of that code is valid. An unknown code gets the form again, after the same query."""
    try:
        found = policies.verify(token)
    except NotFound:
        return _hidden(htmx.render("verification/verify.html", 404, code=token, unknown=True))
    return _hidden(htmx.render("verification/policy.html", policy=found))


def _hidden(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
