"""A form whose token is too old: nothing was done, what was typed is still there, and pressing again works."""

from urllib.parse import urlsplit

from flask import current_app, flash, g, make_response, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from portal.domain.errors import DomainError
from portal.web import access, drafts, htmx

_AGAIN = "La página estuvo abierta mucho tiempo. No se envió nada: revise y presione otra vez."


def answer(error: CSRFError) -> Response | None:
    """The page again, with a token that is good; None where only refusing is left: a request without any token, one of
    another site's page, or what a page keeps by itself, to which nobody reads an answer."""
    if (
        request.endpoint == drafts.KEEPING
        or not request.form.get("csrf_token")
        or "referrer" in (error.description or "").lower()
    ):
        return None
    try:
        refused = access.enforce()
        if refused is not None:
            return make_response(refused)
        if drafts.is_of_another():
            drafts.keep_sent()
            flash(drafts.OTHERS, "warn")
            return htmx.leave("/")
        return _as_typed() if drafts.is_kept_here() else _page_again()
    except (DomainError, HTTPException) as failure:
        return make_response(current_app.handle_user_exception(failure))


def _as_typed() -> Response:
    g.stale_token = True  # forms.submit shows the page, and does nothing
    view = current_app.view_functions[request.endpoint or ""]
    return make_response(current_app.ensure_sync(view)(**(request.view_args or {})))


def _page_again() -> Response | None:
    """To the page that the form stood on, where it can be told."""
    own = request.full_path.rstrip("?")
    came_from = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    before = f"{came_from.path}?{came_from.query}".rstrip("?") if came_from.netloc == request.host else ""
    for address in (own, before):
        try:
            current_app.url_map.bind("").match(address.partition("?")[0], method="GET")
        except HTTPException:
            continue
        flash(_AGAIN, "warn")
        return htmx.go(address)
    return None
