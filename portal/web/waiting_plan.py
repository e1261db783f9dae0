"""The plan that somebody wanted to quote before they were signed in: where they go on, by login or by sign-up (B21).

The browser remembers the plan and nothing else, so no other page or site is ever where it leads. So does the sign-up,
for another browser in which its mailed link is opened.
"""

from flask import request, session, url_for

_KEPT = "plan"  # the cookie's name for it


def keep() -> None:
    """Remember the plan of this request, if it is for a quote's form, which nobody gets without signing in."""
    if request.endpoint == "quotes.create" and request.view_args:
        session[_KEPT] = request.view_args


def take_over(slug: str, plan: str) -> None:
    """Remember what a sign-up was begun for, unless something was chosen in this browser itself."""
    session.setdefault(_KEPT, {"slug": slug, "plan": plan})


def kept() -> tuple[str, str] | None:
    """The product's slug and the plan's code."""
    plan = session.get(_KEPT)
    return (plan["slug"], plan["plan"]) if plan else None


def outlast() -> dict[str, dict[str, str]]:
    """What of the session goes on into the next one."""
    return {_KEPT: session[_KEPT]} if _KEPT in session else {}


def address() -> str | None:
    """The form that waits. Whether its plan is still on sale it says itself."""
    return url_for("quotes.create", **session[_KEPT]) if _KEPT in session else None


def forget() -> None:
    """It waits no longer."""
    session.pop(_KEPT, None)
