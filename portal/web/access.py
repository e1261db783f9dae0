"""Who may use each endpoint. Every view states it; an application with one that does not refuses to start."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, flash, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from portal.web import drafts, htmx, waiting_plan
from portal.web.request_log import because

View = TypeVar("View", bound=Callable[..., Any])


class Who(StrEnum):
    """Ordered by what they ask for; someone else's object is 404 in the service, never a rule here."""

    ANYONE = "anyone"
    CHANGING_PASSWORD = "signed in, even before the first change of password"  # noqa: S105  a rule, not a secret
    SECOND_STEP = "collaborator or supervisor, even before the second step"
    SIGNED_IN = "signed in"
    CUSTOMER = "customer"
    STAFF = "collaborator or supervisor"
    SUPERVISOR = "supervisor"


ROLES = {
    Who.CHANGING_PASSWORD: {"customer", "collaborator", "supervisor"},
    Who.SECOND_STEP: {"collaborator", "supervisor"},
    Who.SIGNED_IN: {"customer", "collaborator", "supervisor"},
    Who.CUSTOMER: {"customer"},
    Who.STAFF: {"collaborator", "supervisor"},
    Who.SUPERVISOR: {"supervisor"},
}


def allow(who: Who) -> Callable[[View], View]:
    """State who may use a view: `@allow(Who.CUSTOMER)` under its route."""

    def mark(view: View) -> View:
        view.access = who  # type: ignore[attr-defined]  # a mark on a function
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> Who | None:
    """The rule of an endpoint, or None when it states none."""
    return getattr(app.view_functions[endpoint], "access", None)


def may_use(endpoint: str) -> bool:
    """Whether the role of whoever is signed in may use an endpoint that is not for anyone."""
    return current_user.role in ROLES[rule_of(current_app, endpoint) or Who.STAFF]


def init_access(app: Flask) -> None:
    """Enforce the rules before each request. Raises RuntimeError for an endpoint without one."""
    silent = [rule.endpoint for rule in app.url_map.iter_rules() if rule_of(app, rule.endpoint) is None]
    if silent:
        raise RuntimeError(f"endpoints that do not say who may use them: {', '.join(sorted(silent))}")
    app.before_request(enforce)


def enforce() -> ResponseReturnValue | None:
    """Where somebody goes who may not use the view of the request. None: they may."""
    if request.endpoint is None:
        return None  # no such page: the 404 handler answers
    who = rule_of(current_app, request.endpoint)
    if who is Who.ANYONE:
        return None
    if not current_user.is_authenticated:
        # A page that asks by itself stays as it is: somebody may be reading its code at a counter.
        if htmx.is_asked_by_the_page():
            return "", 204
        waiting_plan.keep()
        return _to_login()
    if current_user.role not in ROLES[who or Who.STAFF]:
        abort(403)
    if current_user.must_change_password and who is not Who.CHANGING_PASSWORD:
        waiting_plan.keep()
        return htmx.leave(url_for("auth.change_password"))
    if current_user.needs_second_step and who not in {Who.SECOND_STEP, Who.CHANGING_PASSWORD}:
        return htmx.leave(url_for("auth.ask_code", next=_way_back()))
    return None


def _to_login() -> ResponseReturnValue:
    place = drafts.keep_sent() if request.method == "POST" else None
    ended = request.method == "POST" and session.pop("_user_id", None)  # while they were writing
    if place:
        flash("Su sesión ya se había cerrado. Guardamos lo que escribió y no se envió nada: ingrese y siga.", "warn")
    elif ended:
        flash("Su sesión ya se había cerrado. Si acaba de enviar un formulario, no se guardó.", "warn")
    address = url_for("auth.login", next=place or _way_back())
    if htmx.is_fragment_request():
        because("nobody is signed in")
        return "", 401, {"HX-Redirect": address}
    return htmx.go(address)


def _way_back() -> str | None:
    """Where to return after signing in: the page that was asked for, or the one whose form was sent."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
    except HTTPException:
        return None
    return request.path
