"""/colas: RQ's dashboard (S43), behind our rules."""

from flask import Response, request
from redis.exceptions import RedisError

from portal.blueprints.rq_dashboard import bp
from portal.services.operation import queue_changes
from portal.web import htmx, rq_dashboard
from portal.web.access import Who, allow
from portal.web.actor import actor


@bp.get("/colas/")
@allow(Who.SUPERVISOR)
def index() -> Response:
    """The queues."""
    return rq_dashboard.answer("")


@bp.route("/colas/<path:rest>", methods=["GET", "POST"])
@allow(Who.SUPERVISOR)
def inside(rest: str) -> Response:
    """Everything under it. What changes the queue is written down first."""
    if request.method == "POST":
        queue_changes.note(*rq_dashboard.change(rest), actor())
    return rq_dashboard.answer(rest)


@bp.errorhandler(RedisError)
def unreachable(_error: RedisError) -> Response:
    return htmx.render("rq_dashboard/unreachable.html", 503)
