"""The mark that a browser keeps, so that its owner hears when somebody signs in from another one (B17).

It says nothing by itself: what is stored is a hash of it together with the account's number.
"""

import re
import secrets

from flask import Response, after_this_request, current_app, g, request

_LIFE = 400 * 24 * 3600  # seconds; the longest that browsers keep a cookie
_SHAPE = re.compile(r"[\w-]{43}", re.ASCII)


def mark() -> str:
    """The mark of the browser that asks; a new one, which nobody keeps yet, where it has none."""
    if "browser_mark" not in g:
        g.browser_mark = kept() or secrets.token_urlsafe(32)
    return str(g.browser_mark)


def kept() -> str:
    """The mark that the browser brought; empty where it keeps none."""
    brought = request.cookies.get(_name(), "")
    return brought if _SHAPE.fullmatch(brought) else ""


def keep() -> None:
    """Leave the mark with the browser, by the answer to this request."""
    ours = mark()

    @after_this_request
    def set_cookie(response: Response) -> Response:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(_name(), ours, max_age=_LIFE, secure=secure, httponly=True, samesite="Lax")
        return response


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-equipo"
