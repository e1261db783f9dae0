"""Every failure as a page of the portal: never a code of ours, a stack trace or English."""

from dataclasses import replace
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, current_app, make_response, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.domain.received_file import NotTaken
from portal.settings import current_settings
from portal.web import htmx, refusals, stale
from portal.web.error_words import ErrorWords, words_for
from portal.web.request_log import because

log = structlog.get_logger(__name__)

_DESK = ("/gestion", "/colas")


def init_errors(app: Flask) -> None:
    """Register one handler a kind of failure."""
    app.register_error_handler(NotFound, lambda error: _page(404, error.message, error))
    app.register_error_handler(NotAllowed, _refused)
    app.register_error_handler(DomainError, lambda error: _page(422, error.message, error))
    app.register_error_handler(NotTaken, lambda error: _page(503, error.message, error))
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StaleDataError, lambda error: _page(409, error=error))
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _ours)


def _refused(error: NotAllowed) -> AnyResponse:
    return refusals.answer(error) or _page(422, error.message, error)


def _csrf(error: CSRFError) -> AnyResponse:
    """The library's reasons are few and fixed. Where the page and the request name different hosts, the line says both:
    it is the proxy in front that loses one."""
    answer = stale.answer(error) or _page(400, error=error)
    if "referrer" in (error.description or ""):
        came_from = urlsplit(request.referrer or "").netloc
        because(
            error.description or "",
            host=request.host[:100],
            referrer_host=came_from[:100],
            base_url=current_settings().base_url,
            hint="the proxy must hand on Host as the visitor sent it, with its port, and Referer (deploy/nginx)",
        )
    else:
        because(error.description or "")
    return answer


def _http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error  # a redirect of the router's own
    response = _page(status, error=error)
    for name, value in error.get_headers():
        if name.lower() in {"retry-after", "allow"}:
            response.headers[name] = value
    return response


def _database(error: OperationalError) -> Response:
    log.error("database_unavailable", reason=type(error.orig).__name__)
    return _bare(503)


def _ours(error: Exception) -> Response:
    log.exception("request_failed", kind=type(error).__name__)
    return _bare(500)


def _kind(error: Exception) -> str:
    """`NotFound`, `MethodNotAllowed`, `RequestEntityTooLarge`: what was refused, never its words. One that a view of
    ours began says where."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        place = f" in {name}" if name.startswith("portal.") else place
        trace = trace.tb_next
    return type(error).__name__ + place


def _words(status: int) -> ErrorWords:
    # Asking for the address again is trying again only where it was asked for, not sent to.
    # The address alone tells who is at the desk: whatever broke, the session may not be asked. 403 is for others.
    at_desk = request.path.startswith(_DESK) and status != 403
    return words_for(status, again=request.method in {"GET", "HEAD"}, at_desk=at_desk)


def _page(status: int, message: str | None = None, error: Exception | None = None) -> Response:
    if error is not None:
        because(_kind(error))
    words = _words(status)
    if message:
        words = replace(words, explanation=message)
    response = htmx.render("errors/error.html", status, words=words)
    response.headers["HX-Push-Url"] = "false"
    return response


def _bare(status: int) -> Response:
    # Whatever broke may break again: this page asks nothing of the session or the database, so not even Flask's
    # own context processors run.
    page = current_app.jinja_env.get_template("errors/error.html").render(
        layout="layouts/bare.html", words=_words(status), settings=current_settings()
    )
    return make_response(page, status)
