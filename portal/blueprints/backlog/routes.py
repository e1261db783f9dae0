"""/gestion/cola: what waits and what failed, and "Reintentar"."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.blueprints.backlog import bp
from portal.extensions import limiter
from portal.services.desk import background, customer_mail, failed_jobs, work_queues
from portal.services.messaging import held_mail
from portal.services.messaging.backlog import LATE_MAIL, POLICY
from portal.web import htmx
from portal.web.access import Who, allow
from portal.web.actor import actor
from portal.web.forms import Form, submit
from portal.web.limits import SEARCH_LIMIT, account_key

_AGAIN = "Lo intentamos otra vez. En unos segundos «Actualizar» le dice si salió."
_ALREADY = "Otra persona ya lo reintentó: no hizo falta repetirlo."
_NONE_HELD = "Ningún correo espera por una falla nuestra."
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
        flash(_AGAIN if is_owed else _ALREADY, "ok")
        return htmx.go(url_for("backlog.index"))

    return submit(
        form,
        lambda: failed_jobs.retry(job_id, actor()),
        page=lambda: htmx.invalid("backlog/index.html", form, **_words()),
        done=done,
    )


@bp.post(f"/gestion/cola/<int(max={_LARGEST_KEY}):job_id>/cliente")
@allow(Who.STAFF)
@limiter.limit(SEARCH_LIMIT, key_func=account_key)
def customer(job_id: int) -> Response:
    """On to the mail on its customer's pages: recorded as a search is."""
    account_id, message_id = customer_mail.follow(job_id, actor())
    return htmx.go(url_for("customers.mail", account_id=account_id, message_id=message_id))


@bp.post("/gestion/cola/correos/reintentar")
@allow(Who.STAFF)
def send_held_mail() -> Response:
    """Owe again all mail that a failure of ours held back, once that is mended."""
    form = Form()

    def done(number: int) -> Response:
        flash(
            f"{number} {'correo sale' if number == 1 else 'correos salen'} ahora." if number else _NONE_HELD,
            "ok",
        )
        return htmx.go(url_for("backlog.index"))

    return submit(
        form,
        lambda: held_mail.send_all(actor()),
        page=lambda: htmx.invalid("backlog/index.html", form, **_words()),
        done=done,
    )


def _words() -> dict[str, Any]:
    waiting, failed = work_queues.waiting(work_queues.DESK, actor()), failed_jobs.failed()
    is_late = any(one.what in (LATE_MAIL, POLICY) for _queue, one in waiting)
    return {
        "waiting": waiting,
        "failed": failed,
        "stopped": background.stopped(),
        "is_still": "quieta" in request.args,
        "is_mail_held": is_late or any(one.is_held for one in failed),
    }
