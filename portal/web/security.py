"""Headers of every answer: content policy, caching, what htmx varies by, and when to come again."""

from flask import Flask, Response, abort, request

from portal.settings import settings_of
from portal.web import uploads
from portal.web.sent import has_body, holds_nul, is_utf8

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "frame-src 'self'",  # a stored mail: no other page of ours lets itself be framed
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}

_COME_AGAIN = "5"  # seconds, unless the answer knows better

_PERMISSIONS = "camera=({}), microphone=(), geolocation=(), payment=()"

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Pages are private, and even the public ones carry a session's CSRF token.
    "Cache-Control": "no-store",
}


def init_security(app: Flask) -> None:
    """Give each answer its headers, but those that it brings."""
    ours = dict(_HEADERS)
    if settings_of(app).is_secure:
        ours["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    app.before_request(_refuse_unreadable)

    @app.after_request
    def add_headers(response: Response) -> Response:
        brought = {name.lower() for name, _ in response.headers}
        own = ours | {"Permissions-Policy": _PERMISSIONS.format("self" if uploads.takes_photos() else "")}
        response.headers.extend((name, value) for name, value in own.items() if name.lower() not in brought)
        if response.status_code in (429, 503):
            response.headers.setdefault("Retry-After", _COME_AGAIN)
        response.vary.update(("HX-Request", "HX-History-Restore-Request"))
        return response


def _refuse_unreadable() -> None:
    if not is_utf8(request.query_string):
        abort(400)
    # PostgreSQL keeps no NUL in text; nobody types one.
    if "\0" in request.path or holds_nul(request.args):
        abort(400)
    if uploads.is_awaited():
        return  # its body is looked at once it is known who sends it
    if holds_nul(request.form):
        abort(400)
    # The forms of the portal are fields of text: a file, or a body of another kind, comes from no page of ours.
    if request.files or (has_body(request) and request.mimetype not in _FORMS):
        abort(415)
