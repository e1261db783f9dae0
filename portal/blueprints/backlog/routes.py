"""/gestion/cola: what waits and what failed, and "Reintentar"."""

from typing import Any

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.blueprints.backlog import bp
from portal.services.desk import background, failed_jobs, work_queues
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit

_ALREADY = "Otra persona ya lo reintentó: no hizo falta repetirlo."
_LARGEST_KEY = 2**31 - 1  # what a key's column holds: a longer number names no row


@bp.get("/gestion/cola")
@allow(Who.STAFF)
def index() -> Response:
    """The queue in business words (B20), and what was given up."""
    return htmx.render("backlog/index.html", **_words())


@bp.post(f"/gestion/cola/<int(max={_LARGEST_KEY}):job_id>/reintentar")
@allow(Who.STAFF)
def retry(job_id: int) -> Response:
    """ "Reintentar": owe it again. Pressed twice, once."""
    form = Form()

    def done(is_owed: bool) -> Response:
        flash("Lo intentamos otra vez: en unos segundos verá aquí si salió." if is_owed else _ALREADY, "ok")
        return htmx.go(url_for("backlog.index"))

    return submit(
        form,
        lambda: failed_jobs.retry(job_id, actor()),
        page=lambda: htmx.invalid("backlog/index.html", form, **_words()),
        done=done,
    )


def _words() -> dict[str, Any]:
    return {
        "waiting": work_queues.waiting(work_queues.DESK, actor()),
        "failed": failed_jobs.failed(),
        "stopped": background.stopped(),
    }
