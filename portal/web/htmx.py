"""The two worlds of an answer: the whole page, or the fragment that htmx swaps in."""

from typing import Any

from flask import Response, make_response, redirect, render_template, request
from flask_wtf import FlaskForm
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as AnyResponse

from portal.web.request_log import because


def is_fragment_request() -> bool:
    """htmx asks for a region: not a boosted link, not a history restore."""
    headers = request.headers
    return bool(
        headers.get("HX-Request") and not headers.get("HX-Boosted") and not headers.get("HX-History-Restore-Request")
    )


def is_asked_by_the_page() -> bool:
    """The page asks by itself, whether or not somebody sits before it: a poll says so, and keeps no session open."""
    return "X-By-Itself" in request.headers


def render(template: str, status: int = 200, **words: Any) -> Response:
    """The page `template`, whole or as fragment."""
    if status >= 400:
        because(template.removesuffix(".html"), at_last=True)
    layout = "layouts/fragment.html" if is_fragment_request() else "layouts/page.html"
    return make_response(render_template(template, layout=layout, **words), status)


def invalid(template: str, form: FlaskForm, **words: Any) -> Response:
    """The same page with its form's errors: 422, and the address bar stays."""
    because("form", fields=sorted(name for name, wrong in form.errors.items() if wrong and name))
    response = render(template, 422, form=form, **words)
    response.headers["HX-Push-Url"] = "false"
    return response


def go(address: str) -> AnyResponse:
    """After a POST: 303, in both worlds."""
    return redirect(address, 303)


def leave(address: str) -> AnyResponse:
    """Leave the region: the whole page changes."""
    if is_fragment_request():
        return Response(status=204, headers={"HX-Redirect": iri_to_uri(address)})  # a header holds no ñ
    return go(address)
