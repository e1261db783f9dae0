"""Every failure as a page of the portal: never a code of ours, a stack trace or English."""

from dataclasses import replace

import structlog
from flask import Flask, Response, current_app, make_response, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.errors import DomainError, NotAllowed, NotFound
from portal.settings import current_settings
from portal.web import htmx, refusals, stale
from portal.web.error_words import ErrorWords, words_for

log = structlog.get_logger(__name__)

_DESK = ("/gestion", "/colas")


def init_errors(app: Flask) -> None:
    """Register one handler a kind of failure."""
    app.register_error_handler(NotFound, lambda error: _page(404, error.message))
    app.register_error_handler(NotAllowed, _refused)
    app.register_error_handler(DomainError, lambda error: _page(422, error.message))
    app.register_error_handler(CSRFError, lambda error: stale.answer(error) or _page(400))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StaleDataError, lambda _error: _page(409))
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _ours)


def _refused(error: NotAllowed) -> AnyResponse:
    return refusals.answer(error) or _page(422, error.message)


def _http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error  # a redirect of the router's own
    response = _page(status)
    for name, value in error.get_headers():
        if name.lower() in {"retry-after", "allow"}:
            response.headers[name] = value
    return response


def _database(error: OperationalError) -> Response:
    log.error("database_unavailable", reason=type(error.orig).__name__)
    response = _bare(503)
    response.headers["Retry-After"] = "5"
    return response


def _ours(error: Exception) -> Response:
    log.exception("request_failed", kind=type(error).__name__)
    return _bare(500)


def _words(status: int) -> ErrorWords:
    # Asking for the address again is trying again only where it was asked for, not sent to.
    # The address alone tells who is at the desk: whatever broke, the session may not be asked. 403 is for others.
    at_desk = request.path.startswith(_DESK) and status != 403
    return words_for(status, again=request.method in {"GET", "HEAD"}, at_desk=at_desk)


def _page(status: int, message: str | None = None) -> Response:
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
