"""Health and readiness. They tell parts by name, and in a few words why one is not well: no version, no address."""

from flask import Response, jsonify

from portal.blueprints.health import bp
from portal.extensions import limiter
from portal.services.operation import readiness
from portal.web.access import Who, allow


@bp.get("/healthz")
@allow(Who.ANYONE)
@limiter.exempt
def alive() -> Response:
    """This process answers; nothing else is asked."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@allow(Who.ANYONE)
@limiter.exempt
def ready() -> Response:
    """503 with the part that fails. Without Redis the portal still sells: it is degraded, and ready."""
    found = readiness.ask()
    answer = jsonify(found.parts | ({"why": found.why} if found.why else {}))
    answer.status_code = 200 if found.is_ready else 503
    return answer
