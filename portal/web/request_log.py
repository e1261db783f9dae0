"""Each request has an id, in its answer and in all that follows from it, and one line that tells how it went.

The line names the rule of the address, never the address itself: addresses carry tokens and what people search for.
"""

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request, request_finished, request_started

from portal.logs import request_id
from portal.settings import settings_of

log = structlog.get_logger(__name__)

HEADER = "X-Request-ID"
_SHAPE = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # as proxies make them
_ASKED_BY_MACHINES = "health"  # the blueprint that is asked every few seconds, and is no news while all is well


def because(reason: str, *, at_last: bool = False, **facts: object) -> None:
    """Say why the answer of the present request refuses: by the kind of it, names of fields and settings, and nothing
    that a person typed. Its line carries the last word; one said `at_last` stands only where there is no other."""
    if not (at_last and "refusal" in g):
        g.refusal = {"reason": reason, **facts}


def init_requests(app: Flask) -> None:
    """Begin and end each request. Signals, since they come before every `before_request` and after every
    `after_request`, whichever extension asked for those."""
    request_started.connect(_begin, app)
    request_finished.connect(_end, app)


def _begin(app: Flask) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=_given(app) or secrets.token_hex(16))
    g.began = time.perf_counter()


def _given(app: Flask) -> str | None:
    """The id that a proxy of ours gave it. Nobody else is asked: lines of two requests would look like one's."""
    if not settings_of(app).trusted_proxies:
        return None
    given = request.headers.get(HEADER, "")
    return given if _SHAPE.fullmatch(given) else None


def _end(_app: Flask, response: Response) -> None:
    response.headers[HEADER] = request_id() or ""
    quiet = request.blueprint == _ASKED_BY_MACHINES and response.status_code < 400
    (log.debug if quiet else log.info)(
        "request",
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        ms=round((time.perf_counter() - g.began) * 1000, 1),
        account_id=_account_id(),
        **(g.get("refusal", {}) if 400 <= response.status_code < 500 else {}),
    )


def _account_id() -> int | None:
    # What Flask-Login found, if it was asked: asking it here would cost those pages a query that need none.
    user = g.get("_login_user")
    return user.account_id if user is not None and user.is_authenticated else None
