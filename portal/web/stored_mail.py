"""A stored mail's HTML on its way to a browser, in a frame of its page or by itself: as it was sent, and able to do
nothing but open what it links to."""

from flask import Response, make_response

# What a mail program allows: its own styles and embedded pictures. `sandbox` also takes scripts, forms and the
# portal's origin away from it, so that nothing in it could act for who reads it; a link opens a page apart.
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    f"frame-ancestors 'self'; sandbox {SANDBOX}"
)


def as_sent(html: str) -> Response:
    """The HTML part of a mail as a page of its own."""
    response = make_response(html.replace("<head>", '<head><base target="_blank">', 1))  # no page of ours is framed
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
