"""What the steps of signing in share: the session's token in the cookie, and where a person goes next."""

from flask import g, request, session, url_for
from flask_login import login_user

from portal.services.authentication import signing_in
from portal.services.authentication.sessions import SignedIn
from portal.web import browser, typed_here, waiting_plan
from portal.web.actor import actor
from portal.web.sent import as_sent


def remember(signed_in: SignedIn) -> None:
    """Put the session's token in the browser's cookie, and nothing of what the session before left there but the plan
    that waits. The browser is known to the account from now on."""
    waits = waiting_plan.outlast()
    typed_here.clear_session()
    session.update(waits)
    login_user(signed_in)
    browser.keep()


def known_browser(named: str) -> str | None:
    """The mark of the browser that asks, if whom `named` names, by user name or document, came in with it before: it
    has limits of its own, which nobody else uses up."""
    if "known_browser" not in g:
        g.known_browser = browser.mark() if signing_in.knows_browser(named, actor()) else None
    known: str | None = g.known_browser
    return known


def after_login(signed_in: SignedIn) -> str:
    """Where a person goes once signed in: what is still asked of them, or the page they asked for, if it is ours."""
    asked = next_page() or (waiting_plan.address() if signed_in.is_customer else None)
    if signed_in.must_change_password:
        return url_for("auth.change_password", next=asked)
    if signed_in.needs_second_step:
        return url_for("auth.ask_code", next=asked)
    return asked or url_for("home.index" if signed_in.is_customer else "desk.index")


def next_page() -> str | None:
    """The page asked for before signing in, if it is a path of this site: no other site is ever the next page.

    Two slashes leave the site, and a browser drops tabs and line breaks and reads a backslash as a slash.
    """
    address = as_sent(request.args).get("next", "")
    is_path = address.startswith("/") and not address.startswith("//")
    return address if is_path and address.isprintable() and "\\" not in address else None
