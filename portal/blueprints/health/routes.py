"""Health and readiness. Both tell parts by name and nothing else: no version, no address, no reason."""

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
    parts = readiness.parts()
    answer = jsonify(parts)
    answer.status_code = 200 if readiness.is_ready(parts) else 503
    return answer
