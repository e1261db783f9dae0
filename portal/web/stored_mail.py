"""A stored mail's HTML on its way to a browser: as it was sent, and able to do nothing."""

from flask import Response, make_response

# What a mail program allows: its own styles and embedded pictures. `sandbox` also takes scripts, forms and the
# portal's origin away from it, so that nothing in it could act for who reads it.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; sandbox"
)


def as_sent(html: str) -> Response:
    """The HTML part of a mail as a page of its own."""
    response = make_response(html)
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.headers["Content-Security-Policy"] = POLICY
    return response
