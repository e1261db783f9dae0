"""Headers of every answer: content policy, caching, and what htmx varies by."""

from flask import Flask, Response, abort, request

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def init_security(app: Flask) -> None:
    """Give each answer its headers."""
    secure = app.config["PORTAL"].is_secure

    @app.before_request
    def refuse_nul() -> None:
        # PostgreSQL keeps no NUL in text; nobody types one.
        if any("\0" in text for text in (request.path, *request.args.values(), *request.form.values())):
            abort(400)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", _POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), payment=()")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        # Pages are private, and even the public ones carry a session's CSRF token.
        headers.setdefault("Cache-Control", "no-store")
        response.vary.update(("HX-Request", "HX-History-Restore-Request"))
        return response
