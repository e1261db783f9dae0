"""RQ's own dashboard (S43): an application of its own, answered inside ours at /colas.

The library states no access rule, requeues on GET, writes its scripts into the page, unpickles what Redis holds and
puts a queue's name into a script as it was typed. So it is not registered among our blueprints: our route decides who
comes in and checks the token, and what passes here is let through by name. It is imported when it is first asked for.
"""

import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

import rq.serializers
from flask import Flask, Request, Response, current_app, request, url_for
from flask_wtf.csrf import generate_csrf
from redis.exceptions import ResponseError
from rq import Queue
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import requeue_job
from rq.serializers import JSONSerializer
from werkzeug.exceptions import Conflict, MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from portal.extensions import queue

_NAMES = {
    "instance_number": r"0",
    "queue_name": r"[A-Za-z0-9_-]{1,40}",
    "registry_name": r"queued|scheduled|deferred|started|finished|failed|canceled",
    "job_id": r"[A-Za-z0-9_-]{1,80}",
    "per_page": r"[0-9]{1,3}",
    "page": r"[1-9][0-9]{0,5}",
    "order": r"asc|dsc",
}


def answer(path: str) -> Response:
    """The dashboard's answer to the present request, at `path` under /colas.

    Raises NotFound, MethodNotAllowed, Conflict, and RedisError when the queue cannot be read.
    """
    _redis().ping()  # the library's own page for this is a bare line in English
    inner = _application()
    place = request.url_rule.rule.partition("/<")[0].rstrip("/") if request.url_rule else ""
    environ = {**request.environ, "SCRIPT_NAME": place, "PATH_INFO": f"/{path}"}
    environ.pop("werkzeug.request", None)
    globals_of_ours: Any = current_app.jinja_env.globals
    words = {
        "token": generate_csrf(),
        "back": url_for("backlog.index"),
        "script": globals_of_ours["asset"]("js/colas.js"),
        "sheet": globals_of_ours["asset"]("css/colas/dashboard.css"),
    }
    with inner.request_context(environ):
        try:
            response = inner.full_dispatch_request()
        except NoSuchJobError as error:
            raise NotFound from error
        except InvalidJobOperation as error:
            raise Conflict from error
    return _dressed(response, **words)


def change(path: str) -> tuple[str, dict[str, str]]:
    """What a POST to `path` asks for: the library's names of its view and of what it is about. Raises NotFound and
    MethodNotAllowed."""
    try:
        endpoint, values = _application().url_map.bind("").match(f"/{path}", method="POST")
    except RequestRedirect as error:
        raise NotFound from error
    _check_names(values)
    return endpoint.rpartition(".")[2], {name: str(value) for name, value in values.items()}


def _check(asked: Request) -> None:
    rule, values = asked.url_rule, asked.view_args or {}
    if rule is not None and "POST" in (rule.methods or ()) and asked.method != "POST":
        raise MethodNotAllowed(["POST"])
    _check_names(values)


def _check_names(values: Mapping[str, Any]) -> None:
    if any(name in _NAMES and not re.fullmatch(_NAMES[name], str(value)) for name, value in values.items() if value):
        raise NotFound


def _dressed(response: Response, token: str, back: str, script: str, sheet: str) -> Response:
    """The page with the token for its POSTs, a nonce for its scripts, our sheet, and the way back. Its templates
    are compiled by the library with eval, and position by style attributes: that much is allowed, here only."""
    if response.mimetype != "text/html" or response.status_code != 200:
        return response
    nonce = secrets.token_urlsafe(16)
    html = response.get_data(as_text=True)
    ours = f'<meta name="csrf-token" content="{token}"><link rel="stylesheet" href="{sheet}">'
    html = html.replace("</head>", f"{ours}</head>")
    html = html.replace("<body>", f'<body><p class="p-2 m-0"><a href="{back}">Volver a la cola de trabajo</a></p>', 1)
    html = html.replace("</body>", f'<script src="{script}"></script></body>')
    html = html.replace("table-responsive-md", "table-responsive").replace("fixed intro", "intro")  # tablets and phones
    response.set_data(html.replace("<script", f'<script nonce="{nonce}"'))
    response.headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}' 'unsafe-eval'",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    return response


@cache
def _application() -> Flask:
    from rq_dashboard import web as library  # with what it imports, for the process that shows it

    # What names no serializer, as the library does in places, would unpickle: whoever writes to Redis could run code.
    setattr(rq.serializers, "PickleSerializer", JSONSerializer)  # noqa: B010  a type of its own to the checker
    library.config.serializer = JSONSerializer
    library.Queue = _compacting(library.Queue)
    library.requeue_job = _requeue
    library.from_url = lambda *_, **__: ("redis", _redis())  # our one connection, not another for each request

    inner = Flask("rq_dashboard", static_folder="static")
    inner.jinja_env.autoescape = True  # its scripts are templates too, and hold what the address says
    inner.config.update(
        PROPAGATE_EXCEPTIONS=True,  # what fails here is told by our own pages
        TRAP_HTTP_EXCEPTIONS=True,
        RQ_DASHBOARD_REDIS_URL=("Redis",),
    )
    setattr(inner, "redis_conn", _redis())  # noqa: B010  nor does it know this name
    inner.before_request(lambda: _check(request))
    inner.register_blueprint(library.blueprint)
    return inner


def _compacting(kind: type[Queue]) -> type[Queue]:
    """A queue whose "Compact" finds nothing to do where nothing waits."""

    class CompactingQueue(kind):  # type: ignore[misc, valid-type]  # whatever the library takes
        def compact(self) -> None:
            with suppress(ResponseError):  # RQ renames the list first, and an empty one is no key of Redis'
                super().compact()

    return CompactingQueue


def _requeue(job_id: str, connection: Any) -> None:
    """Requeue a failed job; of all at once, one that is gone meanwhile holds up no other."""
    try:
        requeue_job(job_id, connection=connection, serializer=JSONSerializer)
    except (NoSuchJobError, InvalidJobOperation):
        if "job_id" in (request.view_args or {}):
            raise


def _redis() -> Any:
    if queue.redis is None:
        raise RuntimeError("the queue is not bound to an application")
    return queue.redis
