"""Stored PDFs on their way to a browser: the file, or a page that waits for it."""

from collections.abc import Callable

from flask import Response, make_response, request

from portal.web import htmx

_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"
_LOOK_AGAIN = "2"  # seconds


def pdf(filename: str, content: bytes | None, *, back: str, given: Callable[[], object] | None = None) -> Response:
    """The PDF as attachment; while it is being rendered, 202 with a page that looks again by itself.

    htmx can't receive a file: its question from the waiting page gets nothing (204) until the file is there, then the
    page with the link to it. `back` is the address of the page that the document belongs to; `given` is told when the
    file itself leaves.
    """
    if content is None:
        return waiting(back)
    if htmx.is_fragment_request():
        return htmx.render("downloads/ready.html", address=request.path, back=back)
    if given is not None and request.method == "GET":
        given()
    return attachment(filename, content, "application/pdf")


def waiting(back: str) -> Response:
    """The page that asks for the present address again until it answers otherwise; its own question gets nothing."""
    if htmx.is_fragment_request():
        return Response(status=204)
    page = htmx.render("downloads/preparing.html", 202, address=request.path, back=back)
    page.headers["Retry-After"] = _LOOK_AGAIN
    return page


def attachment(filename: str, content: bytes, content_type: str) -> Response:
    """A file that is saved and not shown, kept by no cache, and acts in no page. An image of a page may show it."""
    response = make_response(content)
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Content-Security-Policy"] = _SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
